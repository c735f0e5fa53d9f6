"""The warehouse's rows, mapped to rows of the canonical frames; no request is made here.

Of UserGrade: `Score` knows no null, so what has no score is 0 and only the status tells. A student without a
row was not graded; whether anything was handed in is unknown then.

Source: developer.itslearning.com UserGrade.html, CourseMembership.html, AssessmentGrade.html, Term.html, read
2026-11. The columns of LearningItem are assumed (`itslearning_site.ItemColumns`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.errors import SourceDataError
from gradeflow.lms.itslearning_site import LABEL, Bridge, ItemColumns, ItslearningSettings
from gradeflow.lms.itslearning_tables import kind_of
from gradeflow.model.points import is_exact_e4, parse_count, parse_e4
from gradeflow.transport.odata import Values

Row = dict[str, Any]
FOREVER = "9999-12-31"
MODIFIED = "T_ModifiedDate"
GRADE_COLUMNS = (
    "LearningItemId",
    "CourseId",
    "UserId",
    "AssessmentGradeId",
    "AssessmentStatusId",
    "Score",
    "SubmittedDate",
    "ReviewDate",
    "NumberOfAttempts",
    MODIFIED,
)


def invalid(what: str) -> SourceDataError:
    """Build the error for an answer that is not as documented; `what` holds no person, no score."""
    return SourceDataError(
        f"{what}. Nothing of this reading is used; if it stays so, the warehouse has changed: tell gradeflow",
        system=LABEL,
        code="LMS_RECORD_INVALID",
    )


def columns_missing(entity: str, missing: list[str], there: list[str]) -> SourceDataError:
    """Build the error for an entity set without columns that are needed."""
    where = "lms.items" if entity == "LearningItems" else "lms.bridge"
    return SourceDataError(
        f"{entity} has no column {', '.join(missing)}; it has {', '.join(there)}. Name the site's own columns in"
        f" {where} of the district file, null where there is none",
        system=LABEL,
        code="LMS_COLUMNS_MISSING",
    )


def value_of(row: Values, column: str) -> str:
    """Give a column that is never null.

    Raises:
        SourceDataError: it is absent or null.
    """
    value = row.get(column)
    if not value:
        raise invalid(f"a row without {column}")
    return value


def is_live(row: Values, column: str) -> bool:
    """Tell what is in use from what is in the trash can or deleted.

    Raises:
        SourceDataError: another word, which may well mean in use; the column's name is said, not the word.
    """
    word = (row.get(column) or "").lower()
    if word in {"active", "trashcan", "deleted"}:
        return word == "active"
    raise invalid(
        f"a {column} that is none of Active, TrashCan, Deleted (for items: set lms.items.status to the right column,"
        " or to null)"
    )


def instant_reader(zone: dt.tzinfo) -> Callable[[str | None], dt.datetime | None]:
    """Make the reading of times, which carry no zone of their own."""

    def read(text: str | None) -> dt.datetime | None:
        if not text or text.startswith(FOREVER[:4]):
            return None
        try:
            parsed = dt.datetime.fromisoformat(text)
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            pass
        raise invalid("a time that is no ISO 8601 instant")

    return read


@dataclass(frozen=True, slots=True)
class Item:
    """One gradebook item, with what results need of it."""

    id: str
    course: str
    row: Row
    due_at: dt.datetime | None
    is_by_points: bool


@dataclass(frozen=True, slots=True)
class Grade:
    """One UserGrade."""

    status: str
    score: str
    step: str
    submitted_at: dt.datetime | None
    reviewed_at: dt.datetime | None
    attempts: int | None


@dataclass(slots=True)
class Warehouse:
    """What was read of the courses that the bridge knows.

    Attributes:
        courses: that stand for sections and are not deleted.
        scales: the ids of scales that give points; terms, steps: titles or ids by id.
        seats: course to its students, each with whether the membership is current.
        grades: by item and user.
        left_out: counts of what has no place, by reason.
        is_whole: False where an entity set was larger than what can be reached.
    """

    courses: set[str] = field(default_factory=set)
    scales: set[str] = field(default_factory=set)
    known_scales: set[str] = field(default_factory=set)
    terms: dict[str, str] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    seats: dict[str, dict[str, bool]] = field(default_factory=dict)
    grades: dict[tuple[str, str], Grade] = field(default_factory=dict, repr=False)
    left_out: dict[str, int] = field(default_factory=dict)
    is_whole: bool = True

    def count(self, code: str, number: int = 1) -> None:
        """Count what is left out."""
        self.left_out[code] = self.left_out.get(code, 0) + number


@dataclass(frozen=True, slots=True)
class SiteMapping:
    """How a site's rows become canonical."""

    settings: ItslearningSettings
    bridge: Bridge
    zone: ZoneInfo

    @property
    def instant(self) -> Callable[[str | None], dt.datetime | None]:
        """The reading of the site's times."""
        return instant_reader(dt.UTC if self.settings.times == "utc" else self.zone)

    def item(self, row: Values, warehouse: Warehouse) -> Item:
        """Map one row of LearningItems."""
        columns: ItemColumns = self.settings.items
        read = self.instant

        def told(column: str | None) -> str | None:
            return None if column is None else row.get(column)

        key, course = value_of(row, "LearningItemId"), value_of(row, columns.course)
        points, scale, term = told(columns.max_score), told(columns.scale), told(columns.term)
        is_exact = points is None or is_exact_e4(points)
        due, active = read(told(columns.deadline)), read(told(columns.active_from))
        created, maker = read(told(columns.created)), told(columns.creator)
        bases = (("unlock", active), ("created", created))
        basis, assigned = next(((name, at) for name, at in bases if at is not None), ("unknown", None))
        grading = (
            "points"
            if scale in warehouse.scales
            else "letter"
            if scale in warehouse.known_scales
            else "unknown"
        )
        return Item(
            id=key,
            course=course,
            due_at=due,
            is_by_points=grading == "points",
            row={
                "lms_assignment_id": key,
                "course_id_lms": course,
                "title": row.get(columns.title) or "",
                "kind": kind_of(told(columns.type) or ""),
                "kind_raw": told(columns.type),
                "category_lms": told(columns.category) or None,
                "points_possible_e4": parse_e4(points) if is_exact else None,
                "points_text": None if is_exact else points,
                "grading": grading,
                "is_published": True if columns.status is not None else None,
                "assigned_at": assigned,
                "assigned_basis": basis,
                "due_at": due,
                "due_basis": "none" if due is None else "item",
                "everyone_due_at": due,
                "assigned_by_lms": maker,
                "assigned_by_sis": None if maker is None else self.bridge.people.get(maker),
                "created_at": created,
                "term_lms": None if term in {None, "0"} else warehouse.terms.get(str(term), term),
                "is_rostered": True,
            },
        )

    def grade(self, row: Values) -> Grade:
        """Map one row of UserGrades."""
        read = self.instant
        return Grade(
            status=value_of(row, "AssessmentStatusId"),
            score=value_of(row, "Score"),
            step=row.get("AssessmentGradeId") or "0",
            submitted_at=read(row.get("SubmittedDate")),
            reviewed_at=read(row.get("ReviewDate")),
            attempts=parse_count(row.get("NumberOfAttempts")),
        )

    def line_items(self, warehouse: Warehouse) -> Iterator[Row]:
        """Give the rows of LINE_ITEMS: one per item and section of its course."""
        for item in warehouse.items.values():
            for section, is_enabled in self.bridge.sections[item.course].items():
                yield item.row | {"section_id_sis": section, "is_passback_enabled": is_enabled}

    def results(self, warehouse: Warehouse, incomplete: set[str]) -> Iterator[Row]:
        """Give the rows of RESULTS: one per student of a section and item; adds sections that are not whole."""
        by_course: dict[str, list[Item]] = {}
        for item in warehouse.items.values():
            by_course.setdefault(item.course, []).append(item)
        for course, items in by_course.items():
            for user, is_current in warehouse.seats.get(course, {}).items():
                sections = self.bridge.sections_of(user, course)
                if sections is None:
                    warehouse.count("STUDENT_SECTION_UNKNOWN", len(items))
                    incomplete.update(self.bridge.sections[course])
                    continue
                for item in items:
                    grade = warehouse.grades.get((item.id, user))
                    state = self._state(item, grade, warehouse.steps)
                    if state is None:
                        warehouse.count("ASSESSMENT_STATUS_UNKNOWN")
                        incomplete.update(sections)
                        continue
                    for section in sections:
                        yield state | {
                            "lms_assignment_id": item.id,
                            "section_id_sis": section,
                            "student_id_sis": self.bridge.people[user],
                            "is_enrolled": is_current,
                        }

    def _state(self, item: Item, grade: Grade | None, steps: Mapping[str, str]) -> Row | None:
        """Say where a student stands with an item; None where the status means nothing that anybody said."""
        if grade is None:
            return {"is_graded": False}
        words = self.settings.words(grade.status)
        if words is None:
            return None
        is_graded = "graded" in words
        is_handed_in = grade.submitted_at is not None or "submitted" in words
        return {
            "score_e4": parse_e4(grade.score) if is_graded else None,
            "score_text": steps.get(grade.step) if is_graded and not item.is_by_points else None,
            "is_graded": is_graded,
            "is_submitted": True if is_handed_in else False if "not_submitted" in words else None,
            "is_excused": "excused" in words,
            "is_excluded": "excluded" in words,
            "is_missing": "missing" in words,
            "is_late": _is_late(item, grade, words),
            "graded_at": grade.reviewed_at if is_graded else None,
            "attempt": grade.attempts,
        }


def _is_late(item: Item, grade: Grade, words: frozenset[str]) -> bool | None:
    if "late" in words:
        return True
    if item.due_at is None or grade.submitted_at is None:
        return None
    return grade.submitted_at > item.due_at
