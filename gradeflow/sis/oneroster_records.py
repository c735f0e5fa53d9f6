"""OneRoster records of an SIS, refused by name where they contradict themselves or each other."""

from __future__ import annotations

from collections.abc import Iterable

from gradeflow.sis.records import invalid
from gradeflow.transport import oneroster
from gradeflow.transport.oneroster import activity_of, id_of
from gradeflow.transport.records import Record

_PERSONAL = frozenset({"user", "enrollment", "result"})


def name_of(record: Record, kind: str) -> str:
    """Name a record in a message: by its id, unless it belongs to one person.

    >>> name_of({"sourcedId": "c1"}, "class"), name_of({"sourcedId": "0042"}, "user")
    ('class c1', 'one user')
    """
    return f"one {kind}" if kind in _PERSONAL else f"{kind} {id_of(record)}"


def is_active(record: Record, label: str, kind: str) -> bool:
    """Tell whether a record is active.

    Raises:
        SourceDataError: a status outside the vocabulary; guessing would keep or drop somebody.
    """
    activity = activity_of(record)
    if activity is None:
        raise invalid(label, f"{name_of(record, kind)} has a status that is neither active nor tobedeleted")
    return activity


def once_each(records: Iterable[Record], label: str, kind: str) -> list[Record]:
    """Keep one record per id.

    Raises:
        SourceDataError: two different records under one id.
    """
    return oneroster.once_each(
        records,
        lambda record: invalid(label, f"{name_of(record, kind)} is there twice, with different content"),
    )
