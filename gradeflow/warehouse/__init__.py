"""What gradeflow remembers: bases, holds, findings, the delivery ledger, the lease and the audit chain.

    store.py       Warehouse: opens the database, hands out transactions; Rehearsal: only looks
    rehearsal.py   one district for a plan that nobody carries out: keys are made up
    district_store.py  one district and one run of it, as the port that the core works with
    tables.py      every table, on the column types of columns.py; migrations/ builds them
    frames.py      many rows at once: a query as a frame, a frame as rows
    keys.py        text ids to dense integer keys; where an item's partition is frozen
    snapshot.py    reads of the bases (sent, stored) and what is settled; bases.py writes them
    intents.py     before a call: the write-ahead half of the ledger; receipts.py: after it
    adoptions.py   bases set without a send
    holds.py       changes kept back, locks
    findings.py  extracts.py  plans.py  runs.py  lease.py  holder.py  audit.py  decided.py

Every function takes a connection of `Warehouse.reading()` or `Warehouse.writing()`; leaving the latter is
the commit. No function reads a clock, except that a lease lives by the database's.

The values that go in and out one by one are `gradeflow.model.ledger`; what comes in thousands is a frame.

Keep out: decisions (`gradeflow.core`), files other than the database, Dagster.
"""
