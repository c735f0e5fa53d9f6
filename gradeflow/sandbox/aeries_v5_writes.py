"""What a practice Aeries does with assignments and scores that are sent: its demands, defaults and silences.

Source: Aeries "Gradebook-related end points" (Inserting, Updating an Assignment, Updating Assignment Scores) and
the vendor's PowerShell module. What a student who is not in the gradebook is answered is not published: 400 here.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.sandbox.aeries_v5_fill import midnight
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.store import Document, Store
from gradeflow.sandbox.wire import Answer, AnsweredError

TITLE_MAX, DIGITS = 255, 4
_DOMAIN = uuid.UUID("0b6e6a7e-8a3d-4b3e-9a52-0d7b6a0c9e42")


def refused(status: int, message: str) -> AnsweredError:
    """Refuse as Aeries does: a JSON object with a Message."""
    return AnsweredError(Answer(status, {"Message": message}))


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes into one site's store."""

    store: Store
    clock: Clock
    zone: ZoneInfo

    def insert(self, gradebook: Mapping[str, Any], sent: Any) -> list[dict[str, Any]]:
        """Insert an assignment, by default into the teacher's linked gradebooks too; give what was added."""
        if not isinstance(sent, dict):
            raise refused(400, "An assignment is required.")
        if not str(sent.get("Description") or "").strip():
            raise refused(400, "Description is required.")
        self._check(sent)
        into = [gradebook]
        if sent.get("CreateInLinkedGradebooksToo", True):
            into += self._linked(gradebook)
        return [self._added(one, sent) for one in into]

    def update(self, assignment: Mapping[str, Any], sent: Any) -> list[dict[str, Any]]:
        """Update an assignment, by default in linked gradebooks too; give what was changed."""
        if not isinstance(sent, dict) or sent.get("PointsPossible") is None:
            raise refused(400, "PointsPossible is required.")
        self._check(sent)
        changed = [assignment]
        if sent.get("UpdateLinkedGradebooksToo", True):
            gradebook = self.store.get("gradebooks", str(assignment["GradebookNumber"])) or {}
            for other in self._linked(gradebook):
                place = f"{other['GradebookNumber']}/{assignment['AssignmentNumber']}"
                changed += self.store.documents("assignments", {"b": place})
        return [self._changed(one, sent) for one in changed]

    def score(self, assignment: Mapping[str, Any], sent: Any) -> list[dict[str, Any]]:
        """Write scores, all or none; give all scores of the assignment."""
        if not isinstance(sent, list) or not all(isinstance(row, dict) for row in sent):
            raise refused(400, "An array of scores is required.")
        key = str(assignment["UniqueID"])
        for row in sent:
            cell = self.store.get("scores", f"{key}/{row.get('StudentID')}")
            if cell is None:
                raise refused(400, "Invalid StudentID: the student is not in this gradebook.")
            if row.get("NumberCorrect") is not None:
                if _digits(_decimal(row, "NumberCorrect")) > DIGITS:
                    raise refused(400, f"NumberCorrect may have {DIGITS} decimal places.")
                cell |= {"NumberCorrect": row["NumberCorrect"], "Mark": _plain(row["NumberCorrect"])}
            completed = _day(row.get("DateCompleted"))
            cell["DateCompleted"] = assignment["DateDue"] if completed is None else midnight(completed)
            self.put_score(assignment, cell)
        return self.store.documents("scores", {"a": key})

    def put_assignment(self, assignment: Mapping[str, Any]) -> None:
        """Store an assignment."""
        number = str(assignment["GradebookNumber"])
        place = f"{number}/{assignment['AssignmentNumber']}"
        self.store.put(Document("assignments", str(assignment["UniqueID"]), assignment, number, place))

    def put_score(self, assignment: Mapping[str, Any], cell: Mapping[str, Any]) -> None:
        """Store a score, with what Aeries works out of it."""
        key, student = str(assignment["UniqueID"]), str(cell["StudentID"])
        stored = {
            **cell,
            "GradebookNumber": assignment["GradebookNumber"],
            "AssignmentNumber": assignment["AssignmentNumber"],
            "NumberCorrectPossible": assignment["NumberCorrectPossible"],
            "PointsPossible": assignment["PointsPossible"],
            **_earned(cell, assignment),
            "IsMissing": not cell.get("Mark") and bool(assignment["GradingCompleted"]),
        }
        self.store.put(Document("scores", f"{key}/{student}", stored, key, student))

    def _check(self, sent: Mapping[str, Any]) -> None:
        if len(str(sent.get("Description") or "")) > TITLE_MAX:
            raise refused(400, f"Description may have {TITLE_MAX} characters.")
        if len(str(sent.get("AssignmentCategoryCode") or "")) > 1:
            raise refused(400, "AssignmentCategoryCode may have 1 character.")
        for name in ("DateAssigned", "DateDue"):
            _day(sent.get(name))
        for name in ("NumberCorrectPossible", "PointsPossible"):
            if sent.get(name) is not None:
                _decimal(sent, name)
        if sent.get("FormativeSummativeIndicator") not in {None, "", "F", "S"}:
            raise refused(400, "FormativeSummativeIndicator must be F or S.")

    def _linked(self, gradebook: Mapping[str, Any]) -> list[dict[str, Any]]:
        if not gradebook.get("LinkedGroup"):
            return []
        same = ("LinkedGroup", "SchoolCode", "TeacherNumber")
        return [
            one
            for one in self.store.documents("gradebooks")
            if one["GradebookNumber"] != gradebook["GradebookNumber"]
            and all(one[name] == gradebook[name] for name in same)
        ]

    def _added(self, gradebook: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
        number = str(gradebook["GradebookNumber"])
        present = self.store.documents("assignments", {"a": number})
        at = max((one["AssignmentNumber"] for one in present), default=0) + 1
        made = int(self.store.setting("made") or 0) + 1
        self.store.set_setting("made", str(made))
        due = _day(sent.get("DateDue")) or _day(sent.get("DateAssigned"))
        today = self.clock.now().astimezone(self.zone).date()
        assigned = _day(sent.get("DateAssigned")) or due or today
        is_rubric = bool(sent.get("RubricAssignment"))
        points, questions = (
            sent.get("PointsPossible", 0),
            sent.get("NumberCorrectPossible", sent.get("PointsPossible", 0)),
        )
        assignment = {
            "GradebookNumber": gradebook["GradebookNumber"],
            "AssignmentNumber": at,
            "UniqueID": str(uuid.uuid5(_DOMAIN, f"{number}/{made}")).upper(),
            "Description": sent["Description"],
            "AssignmentCategory": self._category(gradebook, sent.get("AssignmentCategoryCode")),
            "DateAssigned": midnight(assigned),
            "DateDue": midnight(due or assigned),
            "NumberCorrectPossible": 0 if is_rubric else questions,
            "PointsPossible": 0 if is_rubric else points,
            "Comment": sent.get("Comment") or "",
            "FormativeSummativeIndicator": sent.get("FormativeSummativeIndicator") or "S",
            "RubricAssignment": is_rubric,
            "GradingCompleted": False,
            "ExternalID": sent.get("ExternalID") or "",
            "VisibleToParents": True,
            "ScoresVisibleToParents": True,
        }
        self.put_assignment(assignment)
        for student in dict.fromkeys(
            seat["StudentID"] for seat in self.store.documents("seats", {"a": number})
        ):
            self.put_score(
                assignment, {"StudentID": student, "Mark": "", "NumberCorrect": None, "DateCompleted": None}
            )
        return assignment

    def _category(self, gradebook: Mapping[str, Any], code: Any) -> dict[str, Any]:
        """Find a category; one that is missing or unknown becomes the first without a word."""
        known = gradebook["AssignmentCategories"]
        return next((one for one in known if one["Code"] == code), known[0] if known else {})

    def _changed(self, assignment: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
        gradebook = self.store.get("gradebooks", str(assignment["GradebookNumber"])) or {}
        stored = {**assignment}
        for name in ("Description", "ExternalID", "FormativeSummativeIndicator", "NumberCorrectPossible"):
            if sent.get(name) is not None:
                stored[name] = sent[name]
        for name in ("DateAssigned", "DateDue"):
            day = _day(sent.get(name))
            if day is not None:
                stored[name] = midnight(day)
        if sent.get("AssignmentCategoryCode"):
            stored["AssignmentCategory"] = self._category(gradebook, sent["AssignmentCategoryCode"])
        stored["PointsPossible"] = sent["PointsPossible"]
        # Left out, these two are not kept but set
        stored["GradingCompleted"] = bool(sent.get("GradingCompleted", False))
        stored["Comment"] = sent.get("Comment") or ""
        if sent.get("RubricAssignment"):
            stored |= {"RubricAssignment": True, "PointsPossible": 0, "NumberCorrectPossible": 0}
        self.put_assignment(stored)
        for cell in self.store.documents("scores", {"a": str(stored["UniqueID"])}):
            self.put_score(stored, cell)
        return stored


def _day(value: Any) -> dt.date | None:
    if value in {None, ""}:
        return None
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        raise refused(400, "A date must be written yyyy-MM-dd.") from None


def _decimal(sent: Mapping[str, Any], name: str) -> Decimal:
    value = sent[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refused(400, f"{name} must be a decimal.")
    return Decimal(str(value))


def _digits(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _plain(value: float) -> str:
    return f"{Decimal(str(value)):f}"


def _earned(cell: Mapping[str, Any], assignment: Mapping[str, Any]) -> dict[str, Any]:
    correct, possible = cell.get("NumberCorrect"), assignment["NumberCorrectPossible"]
    if correct is None or not possible:
        return {"PointsEarned": None, "PercentCorrect": None}
    share = Decimal(str(correct)) / Decimal(str(possible))
    earned = share * Decimal(str(assignment["PointsPossible"]))
    return {"PointsEarned": float(round(earned, DIGITS)), "PercentCorrect": float(round(share, DIGITS))}
