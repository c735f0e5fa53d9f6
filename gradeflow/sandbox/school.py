"""`School`: the one value that every practice server of a district is filled from.

It holds what is true in the school, once; each server turns it into its own documents, so that an LMS and an
SIS filled from the same School agree about ids. Where grades come from is `oulad` and `small_school`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

Submission = Literal["online_upload", "online_quiz", "on_paper", "discussion_topic"]
Grading = Literal["points", "percent", "letter_grade", "pass_fail", "not_graded"]


@dataclass(frozen=True, slots=True)
class Period:
    """A grading period: `start` to `end` inclusive; the SIS takes scores through `closes`."""

    id: str
    title: str
    start: dt.date
    end: dt.date
    closes: dt.date


@dataclass(frozen=True, slots=True)
class Category:
    """A category of the SIS gradebook; `section_id` None: offered in every section."""

    id: str
    title: str
    section_id: str | None = None


@dataclass(frozen=True, slots=True)
class Teacher:
    """A member of staff known to the SIS."""

    id: str
    email: str


@dataclass(frozen=True, slots=True)
class Section:
    """A section (OneRoster: class).

    Attributes:
        teachers: ids, the primary teacher first.
        students: ids as the LMS lists them, also those whom the SIS does not enrol.
    """

    id: str
    title: str
    course: str
    teachers: tuple[str, ...]
    students: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A student's stay in a section, in the SIS; `end` is the first day no longer in it."""

    student: str
    section: str
    begin: dt.date
    end: dt.date | None = None


@dataclass(frozen=True, slots=True)
class SectionDates:
    """Dates of an assignment for one section, where they differ from everyone's."""

    section: str
    assigned: dt.date
    due: dt.date | None


@dataclass(frozen=True, slots=True)
class Assignment:
    """An assignment in the LMS.

    Attributes:
        id: decimal digits, as Canvas numbers; one number space per School.
        type: name of the LMS's category: an assignment group or an assessment type.
        assigned: first day on which students see it.
        created: day on which the teacher made it.
        everyone: False: only the sections with dates of their own have it.
        grading: how it is graded; Otus knows all but `points` as Standards.
    """

    id: str
    title: str
    type: str
    course: str
    max_points: Decimal
    assigned: dt.date
    due: dt.date | None
    created: dt.date
    submission: Submission = "online_upload"
    grading: Grading = "points"
    is_selected: bool = True
    is_published: bool = True
    is_in_final_grade: bool = True
    everyone: bool = True
    overrides: tuple[SectionDates, ...] = ()

    def dates_in(self, section: str) -> Assignment | SectionDates:
        """Give what holds the dates of a section: its own, or everyone's."""
        return next((dates for dates in self.overrides if dates.section == section), self)


@dataclass(frozen=True, slots=True)
class Score:
    """What the LMS holds of one student in one assignment; no Score means nothing was handed in.

    Attributes:
        points: None while ungraded, and where the work is excused or excluded.
        text: the grade as the teacher typed it where it is no number of points ("B+").
        submitted: day of submission; None where there is none.
        is_excused: carried over or waived: Excused in Canvas, Excluded in Otus.
        is_posted: whether students may see it.
    """

    assignment: str
    student: str
    points: Decimal | None
    submitted: dt.date | None
    is_late: bool = False
    is_excused: bool = False
    is_posted: bool = True
    text: str | None = None


@dataclass(frozen=True, slots=True)
class School:
    """A practice district: one school, one school year.

    Attributes:
        slug: the district's name.
        end: last day of the school year.
        year: the school year as OneRoster writes it: the calendar year in which it ends.
        lms_types: the LMS's categories, in its order.
        category_of: LMS type to SIS category id: the map that a district file would hold.
        passback_teachers: whose assignments pass back.
        assigners: (assignment, section) to staff id, where it is not the section's first teacher.
        holidays: weekdays of the school year without school.
    """

    slug: str
    timezone: str
    start: dt.date
    end: dt.date
    school_id: str
    periods: tuple[Period, ...]
    categories: tuple[Category, ...]
    teachers: tuple[Teacher, ...]
    sections: tuple[Section, ...]
    students: tuple[str, ...]
    enrolments: tuple[Enrolment, ...]
    assignments: tuple[Assignment, ...]
    scores: tuple[Score, ...]
    lms_types: tuple[str, ...]
    category_of: Mapping[str, str]
    passback_teachers: tuple[str, ...]
    assigners: Mapping[tuple[str, str], str] = field(default_factory=dict)
    holidays: tuple[dt.date, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which its days are days."""
        return ZoneInfo(self.timezone)

    @property
    def year(self) -> str:
        """The school year's OneRoster name."""
        return str(self.end.year)

    def assigner(self, assignment: str, section: Section) -> str:
        """Tell who assigned an assignment in a section: a staff id."""
        return self.assigners.get((assignment, section.id), section.teachers[0])

    def has(self, assignment: Assignment, section: Section) -> bool:
        """Tell whether a section has an assignment."""
        if assignment.course != section.course:
            return False
        return assignment.everyone or any(dates.section == section.id for dates in assignment.overrides)

    def places(self) -> Iterator[tuple[Assignment, Section]]:
        """Give every assignment with each section that has it."""
        for assignment in self.assignments:
            for section in self.sections:
                if self.has(assignment, section):
                    yield assignment, section

    def seats(self) -> Iterator[tuple[Assignment, Section, str, Score | None]]:
        """Give every student of every place, with what the LMS holds of that student."""
        found = {(score.assignment, score.student): score for score in self.scores}
        for assignment, section in self.places():
            for student in section.students:
                yield assignment, section, student, found.get((assignment.id, student))

    def period_of(self, day: dt.date | None) -> Period | None:
        """Give the grading period in which a day lies."""
        if day is None:
            return None
        return next((one for one in self.periods if one.start <= day <= one.end), None)


def night(school: School, n: int) -> dt.datetime:
    """Give the clock of night `n`: 03:30 local, night 1 on the last day of the school year."""
    day = school.end + dt.timedelta(days=n - 1)
    return dt.datetime.combine(day, dt.time(3, 30), school.zone)
