from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest
from sqlalchemy import select

from gradeflow.errors import LeaseHeldError
from gradeflow.model.decisions import Decision, FieldDecision, ScoreDecision, Word
from gradeflow.model.ledger import BLANK, CLEARED, Lease, ResultValue
from gradeflow.warehouse import decided, decisions, holds, lease, snapshot
from gradeflow.warehouse.audit import append_audit, verify_audit
from gradeflow.warehouse.store import Warehouse
from gradeflow.warehouse.tables import AUDIT, HOLD
from gradeflow_tests.warehouse.samples import AS_OF, DISTRICT, LATER, score
from gradeflow_tests.warehouse.test_ledger import send
from gradeflow_tests.warehouse.test_snapshot import hold

WORD = Word("sis", "Ann Lee", "a retake on paper")
WANTED, SEEN = ResultValue(85_000, "graded"), ResultValue(20_000, "graded")


def record(warehouse: Warehouse, held: Lease, decision: Decision) -> None:
    with warehouse.writing() as connection:
        decisions.record_decision(connection, held, decision, as_of=LATER, at=LATER)


def audited(warehouse: Warehouse) -> list[dict[str, object]]:
    with warehouse.reading() as connection:
        assert verify_audit(connection, DISTRICT) is None
        rows = connection.execute(select(AUDIT).where(AUDIT.c.kind == "decision")).all()
    return [json.loads(row.body) for row in rows]


def test_a_lock_ends_with_who_and_why_in_the_chain_and_in_the_history(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    send(warehouse, held, score(results[0]))
    with warehouse.writing() as connection:
        holds.lock_results(connection, held, results[:1], as_of=AS_OF)
    record(warehouse, held, ScoreDecision(WORD, results[0], SEEN, WANTED, SEEN))
    with warehouse.reading() as connection:
        [base] = snapshot.load_results(connection, items).to_dict("records")
        [row] = connection.execute(select(HOLD)).all()
    assert (base["is_locked"], base["sent_score_e4"], base["stored_score_e4"]) == (False, 85_000, 20_000)
    assert (row.reason, row.observed, row.closed_at) == ("SIS_EDITED", "20000:graded", LATER)
    assert row.resolution == "Ann Lee takes the SIS: a retake on paper"
    [body] = audited(warehouse)
    assert body["word"] == {"take": "sis", "by": "Ann Lee", "reason": "a retake on paper"}
    assert isinstance(body["before"], dict)
    assert body["before"]["stored_score_e4"] == 85_000


def test_a_hold_ends_in_the_persons_name_and_no_other_one(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    send(warehouse, held, score(results[0]))
    asked = pd.concat([hold(items[0], results[0]), hold(items[0], results[1]), hold(items[0], field="title")])
    with warehouse.writing() as connection:
        holds.place_holds(connection, held, asked, as_of=AS_OF)
    record(warehouse, held, ScoreDecision(WORD, results[0], SEEN, WANTED, SEEN))
    with warehouse.reading() as connection:
        still = holds.load_open_holds(connection, DISTRICT)
        ended = connection.execute(select(HOLD).where(HOLD.c.closed_at.is_not(None))).all()
    assert still["result_key"].astype(object).fillna(0).tolist() == [results[1], 0]
    assert [(one.result_key, one.resolution) for one in ended] == [(results[0], WORD.text)]


def test_a_score_typed_over_a_cleared_one_and_settled_is_no_cleared_one_any_more(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    send(warehouse, held, replace(score(results[0]), sent=BLANK, origin=CLEARED))
    record(warehouse, held, ScoreDecision(WORD, results[0], SEEN, WANTED, SEEN))
    with warehouse.reading() as connection:
        [base] = snapshot.load_results(connection, items).to_dict("records")
    assert (base["origin"], base["stored_score_e4"]) == ("typed", 20_000)


def test_what_shall_count_as_never_sent_has_no_base_any_more(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    send(warehouse, held, score(results[0]))
    record(warehouse, held, ScoreDecision(WORD, results[0], None, None, None))
    with warehouse.reading() as connection:
        assert snapshot.load_results(connection, items).empty


def test_a_held_field_gets_the_bases_and_the_others_keep_theirs(
    warehouse: Warehouse, held: Lease, items: list[int]
) -> None:
    with warehouse.writing() as connection:
        holds.place_holds(connection, held, hold(items[0], field="title"), as_of=AS_OF)
    record(warehouse, held, FieldDecision(WORD, items[0], "sis-1", "title", "Ours", "Theirs"))
    with warehouse.reading() as connection:
        fields = snapshot.load_fields(connection, DISTRICT)
        assert holds.load_open_holds(connection, DISTRICT).empty
    assert fields[["field", "sent", "stored"]].to_numpy().tolist() == [["title", "Ours", "Theirs"]]
    assert len(audited(warehouse)) == 1


def test_nothing_is_decided_while_another_run_is_at_work(
    warehouse: Warehouse, held: Lease, items: list[int], results: list[int]
) -> None:
    send(warehouse, held, score(results[0]))
    with warehouse.writing() as connection:
        lease.release(connection, held)
    with pytest.raises(LeaseHeldError):
        record(warehouse, held, ScoreDecision(WORD, results[0], SEEN, WANTED, SEEN))
    assert audited(warehouse) == []


@pytest.mark.parametrize("span", [2, 10_000])
def test_the_history_tells_who_decided_what_and_why_the_newest_first(
    warehouse: Warehouse,
    held: Lease,
    items: list[int],
    results: list[int],
    span: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decided, "SPAN", span)
    monday, tuesday = LATER, LATER + pd.Timedelta(days=1)
    fields = [FieldDecision(WORD, items[1], "sis-2", name, None, None) for name in ("title", "due_date")]
    with warehouse.writing() as connection:
        decisions.record_decision(
            connection, held, ScoreDecision(WORD, results[0], SEEN, WANTED, SEEN), as_of=AS_OF, at=monday
        )
        append_audit(connection, DISTRICT, [("receipt", {})] * 5, run_id="night-1", at=monday)
        for one in fields:
            decisions.record_decision(
                connection, replace(held, run_id="unlock-2"), one, as_of=AS_OF, at=tuesday
            )
        append_audit(connection, "adams", [("decision", {})], run_id="unlock-3", at=tuesday)
    with warehouse.reading() as connection:
        found = decided.decisions_since(connection, DISTRICT, monday)
        later = decided.decisions_since(connection, DISTRICT, monday + pd.Timedelta(hours=1))
        assert decided.decisions_since(connection, DISTRICT, tuesday + pd.Timedelta(hours=1)) == []
        assert decided.decisions_since(connection, "nobody", monday) == []
    assert [(one.at, one.what, one.word) for one in found] == [
        (tuesday, ("title", "due_date"), WORD),
        (monday, ("score",), WORD),
    ]
    assert later == found[:1]
    assert "85" not in str(found)
