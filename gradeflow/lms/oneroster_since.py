"""Asking a OneRoster LMS only for the results that changed since the last reading, by `dateLastModified`.

A result that is deleted without a trace, and one whose stamp does not move, are seen at the next full reading only;
one that is marked `tobedeleted` is seen at once.

Source: OneRoster 1.1 and 1.2, REST binding (filtering) and base class (status, dateLastModified), read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping

from gradeflow.lms.oneroster_fields import invalid, is_active
from gradeflow.lms.oneroster_records import NO_RESULT, Row, Section, told_results
from gradeflow.lms.since import digest_of_parts
from gradeflow.ports import ConnectorContext
from gradeflow.transport.oneroster import id_of
from gradeflow.transport.records import Record

# The provider stamps by its own clock.
OVERLAP = dt.timedelta(hours=1)


def read_at(context: ConnectorContext) -> dt.datetime:
    """Give the instant up to which a reading that begins now knows everything; a run may be about a later one."""
    return context.as_of if context.now is None else min(context.as_of, context.now())


def digest_of(
    section: Section, items: Iterable[str], seats: Mapping[str, bool], students: Mapping[str, str] | None
) -> str:
    """Name everything of a section that its results hang on beside themselves."""
    named = [[person, is_taken, (students or {}).get(person)] for person, is_taken in seats.items()]
    return digest_of_parts([section.id_lms, sorted(items), sorted(named, key=str)])


def changed_rows(
    items: Collection[str], results: Iterable[Record], seats: Mapping[str, bool]
) -> list[Row] | None:
    """Map changed results as `oneroster_records.result_rows` maps all of them.

    Returns:
        None where a deleted one leaves nothing that could be laid over it: its student has left.
    """
    found = list(results)
    rows = told_results(items, found)
    for record in found:
        if is_active(record):
            continue
        item, student = id_of(record.get("lineItem")), id_of(record.get("student"))
        if item is None or student is None:
            raise invalid("a deleted result that names no line item or no student")
        if item in items and (item, student) not in rows:
            if student not in seats:
                return None
            rows[item, student] = dict(NO_RESULT)
    return [
        {
            "lms_assignment_id": item,
            "student_id_lms": student,
            "is_enrolled": seats.get(student, False),
            **row,
        }
        for (item, student), row in rows.items()
    ]
