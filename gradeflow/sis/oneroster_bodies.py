"""Line items and results as they are sent: complete by the schema of their version of OneRoster.

A PUT replaces the whole object, so every field of the present object that is not ours goes back as it was.

Source: LineItem and Result of OneRoster 1.1 and 1.2 as public client libraries, 1EdTech's OpenAPI files and
Google's conformance tests repeat them, read 2026-11.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.errors import PermanentError
from gradeflow.model.gradebook import LineItemWrite, ResultWrite
from gradeflow.model.points import json_number
from gradeflow.sis.profile import OneRosterProfile
from gradeflow.transport.oneroster import Version, path_of

NOON = dt.time(12)
OWN_ID = "ext_gradeflow_id"
"""Where an object that gets the provider's id keeps ours: `metadata` is open to extensions by the standard."""

GRADEBOOK = frozenset({"categories", "lineItems", "results"})
# What a field refers to: the collection in the address, and the type; both are the general ones, whatever the
# field is called (a student is a user, a grading period an academic session).
_KINDS = {
    "class": ("classes", "class"),
    "category": ("categories", "category"),
    "gradingPeriod": ("academicSessions", "academicSession"),
    "school": ("orgs", "org"),
    "lineItem": ("lineItems", "lineItem"),
    "student": ("users", "user"),
}
_FLAGS = ("inProgress", "incomplete", "late", "missing")


def instant_text(instant: dt.datetime) -> str:
    """Write an instant as OneRoster likes it.

    >>> instant_text(dt.datetime(2026, 10, 1, 12, tzinfo=ZoneInfo("America/Chicago")))
    '2026-10-01T17:00:00.000Z'
    """
    return instant.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Writer:
    """Makes objects for one provider and district.

    Attributes:
        version: of OneRoster: 1.2 wants the school of a line item, and flags as words.
        roster_url, gradebook_url: where references lead.
        is_id_given: whether a new object gets the provider's id, so that ours has to go beside it.
    """

    profile: OneRosterProfile
    version: Version
    roster_url: str
    gradebook_url: str
    zone: ZoneInfo
    as_of: dt.datetime
    is_id_given: bool = False

    def line_item(self, write: LineItemWrite) -> dict[str, Any]:
        """Make a line item. Units: points as plain JSON numbers.

        Raises:
            PermanentError: the provider demands a field for which there is no value.
        """
        item = self._base(write.sis_id, write.observed_raw, is_new=write.is_create)
        item |= {
            "title": write.title,
            "assignDate": self._day(write.assign_date),
            "dueDate": self._day(write.due_date),
            "class": self._reference("class", write.section_id_sis),
            "resultValueMax": json_number(write.points_possible_e4),
        }
        references = {"category": write.category_id_sis, "gradingPeriod": write.period_id_sis}
        if self.version == "1.2":
            references["school"] = write.school_id_sis
        for name, key in references.items():
            if key is not None:
                item[name] = self._reference(name, key)
        item.setdefault("description", write.title)
        item.setdefault("resultValueMin", 0)
        self._demand(item)
        return item

    def _demand(self, item: dict[str, Any]) -> None:
        demanded = {*self.profile.requires, *(["school"] if self.version == "1.2" else [])}
        absent = sorted(name for name in demanded if not item.get(name))
        if absent:
            raise PermanentError(
                f"a line item needs {', '.join(absent)} here, and nothing says which: is the school named on its"
                " class, the category mapped, the due date in a grading period?",
                system=self.profile.label,
                code="SIS_REFUSED",
            )

    def result(self, write: ResultWrite) -> dict[str, Any]:
        """Make a result. Units: the score as a plain JSON number."""
        result = self._base(write.sis_id, write.observed_raw, is_new=write.observed_raw is None)
        day = dt.date.fromisoformat(write.score_date)
        is_date = self.profile.score_date_format == "date"
        result |= {
            "lineItem": self._reference("lineItem", write.line_item_sis_id),
            "student": self._reference("student", write.student_id_sis),
            "scoreStatus": self.profile.score_status[write.status],
            "score": json_number(write.score_e4),
            "scoreDate": day.isoformat() if is_date else self._noon(day),
        }
        if self.version == "1.2":
            # Words by the schema, yet providers show them as booleans and would refuse their own.
            words = {name: str(result[name]).lower() for name in _FLAGS if isinstance(result.get(name), bool)}
            result |= words
        return result

    def _base(self, sis_id: str, observed_raw: str | None, *, is_new: bool) -> dict[str, Any]:
        carried: dict[str, Any] = json.loads(observed_raw) if observed_raw else {}
        if self.is_id_given and is_new:
            carried["metadata"] = {**(carried.get("metadata") or {}), OWN_ID: sis_id}
        return carried | {
            "sourcedId": sis_id,
            "status": "active",
            "dateLastModified": instant_text(self.as_of),
        }

    def _reference(self, name: str, key: str) -> dict[str, str]:
        collection, kind = _KINDS[name]
        root = self.gradebook_url if collection in GRADEBOOK else self.roster_url
        return {"href": root + path_of(collection, key), "sourcedId": key, "type": kind}

    def _day(self, text: str) -> str:
        day = dt.date.fromisoformat(text)
        return day.isoformat() if self.profile.due_time_encoding == "date_only" else self._noon(day)

    def _noon(self, day: dt.date) -> str:
        return instant_text(dt.datetime.combine(day, NOON, self.zone))
