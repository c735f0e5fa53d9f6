"""Schoology's enrollments, grades and submissions of one section, mapped to rows of RESULTS.

Grades hang on enrollments, submissions on users: both are joined through the enrollment list. No request is
made here.

A grade marked with an exception whose number nobody documents is neither a score nor the lack of one: its row is
left out and counted, so that nothing of it is sent and what the SIS holds stays.

Source: developers.schoology.com (Enrollment, Grade, Submissions), read 2026-11; that exception 3 is "missing" is
not in it, but in the public code of aopell/SchoologyPlus. uc.powerschool-docs.com ("Use exceptions in the
gradebook") names absent, late and collected too, without their numbers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradeflow.lms.schoology_records import (
    Book,
    Record,
    Row,
    assignees_of,
    flag,
    grading_of,
    id_text,
    invalid,
    level_name,
    reference,
)
from gradeflow.model.points import parse_decimal, to_e4

NO_EXCEPTION, EXCUSED, INCOMPLETE, MISSING = 0, 1, 2, 3
_KNOWN = (NO_EXCEPTION, EXCUSED, INCOMPLETE, MISSING)
NO_SIS_ID, UNKNOWN_EXCEPTION = "STUDENT_WITHOUT_SIS_ID", "EXCEPTION_UNKNOWN"
# Active, and an invitation that nobody has opened yet, which is a seat all the same.
_SEATED = {"1": True, "2": False, "3": True, "4": False, "5": False}

Submissions = Mapping[str, Mapping[str, Record]]
"""Latest submission by the item's id and the user's; an item that was not asked for is not in it."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One student's place in a section: the enrollment that grades use, and the user that submissions use."""

    enrollment: str
    user: str
    id_sis: str | None
    is_active: bool | None


@dataclass(slots=True)
class SectionScores:
    """Rows of one section and how many could not be routed, by reason."""

    rows: list[Row] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)


def seats_of(enrollments: Iterable[Record]) -> list[Seat]:
    """Give the students of a section, one seat each: an active one wins over one that ended."""
    seats: dict[tuple[str | None, str | None], Seat] = {}
    for record in enrollments:
        is_staff = flag(record.get("admin"))
        if is_staff is None:
            raise invalid("an enrollment that does not tell a teacher from a student")
        if is_staff:
            continue
        code = record.get("school_uid")
        seat = Seat(
            id_text(record),
            id_text(record, "uid"),
            str(code) if code not in (None, "") else None,
            _SEATED.get(str(record.get("status"))),
        )
        person = (seat.id_sis, None if seat.id_sis else seat.user)
        known = seats.get(person)
        if known is None or (seat.is_active and not known.is_active):
            seats[person] = seat
    return list(seats.values())


def latest_by_user(revisions: Iterable[Record]) -> dict[str, Record]:
    """Give each user's latest submission of one item; a draft was not handed in."""
    latest: dict[str, Record] = {}
    for one in revisions:
        user, number = id_text(one, "uid"), parse_decimal(one.get("revision_id")) or 0
        if not flag(one.get("draft")) and (
            user not in latest or number > (parse_decimal(latest[user].get("revision_id")) or 0)
        ):
            latest[user] = one
    return latest


def takes_submissions(item: Record) -> bool:
    """Tell whether students can hand something in: assignments with a dropbox are all that tell of it."""
    return item.get("type") == "assignment" and flag(item.get("allow_dropbox")) is True


def section_scores(
    book: Book, seats: Iterable[Seat], grades: Iterable[Record], submissions: Submissions
) -> SectionScores:
    """Map one section to RESULTS. Shape: one row per student and item that is for the student."""
    given = _once_each(grades)
    scores = SectionScores()
    everyone = list(seats)
    for item in book.scored():
        key = id_text(item)
        handed_in = submissions.get(key)
        for seat in _seats_for(item, book, everyone):
            grade = given.get((key, seat.enrollment))
            exception = NO_EXCEPTION if grade is None else exception_of(grade)
            reason = NO_SIS_ID if seat.id_sis is None else UNKNOWN_EXCEPTION if exception is None else None
            if reason is not None:
                scores.left_out[reason] = scores.left_out.get(reason, 0) + 1
                continue
            scores.rows.append(
                {
                    "lms_assignment_id": key,
                    "section_id_sis": book.section.id_sis,
                    "student_id_sis": seat.id_sis,
                    "is_enrolled": seat.is_active,
                    **_score(item, book, grade, exception),
                    **_submitted(handed_in, seat),
                }
            )
    return scores


def _once_each(grades: Iterable[Record]) -> dict[tuple[str, str], Record]:
    given: dict[tuple[str, str], Record] = {}
    for one in grades:
        key = id_text(one, "assignment_id"), id_text(one, "enrollment_id")
        if given.setdefault(key, one) != one:
            raise invalid("two grades of one student in one item that differ")
    return given


def exception_of(grade: Record) -> int | None:
    """Give the number of a grade's exception, 0 where it has none; None where nobody documents it."""
    value = grade.get("exception")
    number = NO_EXCEPTION if value in (None, "") else parse_decimal(value)
    return next((one for one in _KNOWN if one == number), None)


def _seats_for(item: Record, book: Book, seats: list[Seat]) -> list[Seat]:
    if not assignees_of(item):
        return seats
    wanted = {str(one) for one in item.get("assignees") or ()}
    for group in item.get("grading_group_ids") or ():
        wanted |= book.groups.get(str(group), frozenset())
    return [seat for seat in seats if seat.enrollment in wanted]


def _score(item: Record, book: Book, grade: Record | None, exception: int | None) -> Row:
    none: Row = {"is_graded": False, "is_excused": False, "is_missing": False}
    if grade is None:
        return none
    graded_at = _instant(grade.get("timestamp"))
    if exception != NO_EXCEPTION:
        states = {"is_excused": exception == EXCUSED, "is_missing": exception == MISSING}
        return none | states | {"graded_at": graded_at}
    typed = grade.get("grade")
    # While a part of the work waits for review, what is there is no score yet.
    if typed in (None, "") or flag(grade.get("pending")):
        return none
    number = parse_decimal(typed)
    is_points = grading_of(item) == "points" and number is not None
    return none | {
        "score_e4": to_e4(number) if is_points and number is not None else None,
        "score_text": None if is_points else _words(item, book, typed),
        "is_graded": True,
        # Where grades are not published as they are entered, Schoology does not tell whether they were.
        "is_posted": True if flag(item.get("auto_publish_grades")) else None,
        "graded_at": graded_at,
    }


def _words(item: Record, book: Book, typed: Any) -> str:
    number = parse_decimal(typed)
    if number is None:
        return str(typed)
    scale = book.scales.get(reference(item.get("grading_scale")) or "")
    return level_name(scale, number, parse_decimal(item.get("max_points")))


def _submitted(handed_in: Mapping[str, Record] | None, seat: Seat) -> Row:
    if handed_in is None:
        return {}
    revision = handed_in.get(seat.user)
    if revision is None:
        return {"is_submitted": False, "is_late": False}
    return {"is_submitted": True, "is_late": flag(revision.get("late"))}


def _instant(value: Any) -> dt.datetime | None:
    seconds = parse_decimal(value)
    if not seconds:
        return None
    try:
        return dt.datetime.fromtimestamp(int(seconds), dt.UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise invalid("a grade whose timestamp is no Unix time")
