"""What every LMS reading does with JSON records: refuse one without naming anybody, take ids as text, each once."""

from __future__ import annotations

from collections.abc import Iterable

from gradeflow.errors import OutsideError, RetriableError, SourceDataError
from gradeflow.transport.records import Record


def invalid(label: str, what: str) -> SourceDataError:
    """Build the error for an answer that is not as documented; `what` holds no person, no score."""
    return SourceDataError(
        f"{what}. Nothing of this reading is used; if it stays so, {label} has changed: tell gradeflow",
        system=label,
        code="LMS_RECORD_INVALID",
    )


def is_of_one(error: OutsideError) -> bool:
    """Tell whether a failure of a section says nothing of the others: out of reach for now, or not there any more."""
    return isinstance(error, RetriableError) or error.code == "NOT_FOUND"


def id_text(label: str, record: Record, key: str = "id") -> str:
    """Give an id as text.

    Raises:
        SourceDataError: there is none.
    """
    value = record.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, str)) or value == "":
        raise invalid(label, f"a record without {key}")
    return str(value)


def once_each(label: str, records: Iterable[Record], key: str = "id") -> list[Record]:
    """Keep one record per id: where something is added while pages are read, the next page gives a row again.

    Raises:
        SourceDataError: two records of one id that differ.
    """
    by_id: dict[str, Record] = {}
    for record in records:
        if by_id.setdefault(id_text(label, record, key), record) != record:
            raise invalid(label, f"two records of one {key} that differ")
    return list(by_id.values())
