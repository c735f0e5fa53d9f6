"""What a district file says of its itslearning, what refusals mean, and the bridge to the SIS's ids.

The data warehouse knows no id of the SIS in public (no sync key was seen on any page), so a district gives
them: three files in a folder, exported from its roster integration,

`courses.csv`  CourseId, section_sis_id, passback_enabled (true | false | empty: not known); a merged course has
               one row per section
`users.csv`    UserId, sis_id, role (student | teacher | other)
`members.csv`  UserId, section_sis_id; only for the students of merged courses, and then it must be there

or, where its site's warehouse shows them after all, the names of the columns that hold them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from gradeflow.errors import SourceDataError
from gradeflow.lms.drop_tables import faults_of, is_flag, key_checks
from gradeflow.model.district import SecretRef, Strict
from gradeflow.transport.address import Address
from gradeflow.transport.answers import Vendor
from gradeflow.transport.csv import Fault, Text, read_text
from gradeflow.transport.drop import broken

LABEL = "itslearning"
VENDOR = Vendor(
    label=LABEL,
    renew="Set the administrator's password anew in itslearning and put it where password of the district file"
    " points",
    widen="The data warehouse is an add-on: itslearning enables it for the site, and an administrator then opens"
    " it under Admin, Data and reports, Data Warehouse API",
    forbidden_code="RIGHTS_MISSING",
)

Word = Literal["graded", "submitted", "not_submitted", "missing", "late", "excused", "excluded", "none"]
Column = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
COURSE_COLUMNS = ("CourseId", "section_sis_id", "passback_enabled")
USER_COLUMNS = ("UserId", "sis_id", "role")
MEMBER_COLUMNS = ("UserId", "section_sis_id")
ROLES = ("student", "teacher", "other")


class BridgeColumns(Strict):
    """Columns of the warehouse that hold the SIS's ids.

    Attributes:
        section: column of Courses.
        user: column of Users.
        student_profiles: the CourseProfileIds of students.
        passback_enabled: whether passback is on for all those courses, where somebody knows.
    """

    section: Column
    user: Column
    student_profiles: Annotated[frozenset[str], Field(min_length=1)]
    passback_enabled: bool | None = None


class ItemColumns(Strict):
    """The columns of LearningItems, which no public page names; `null`: the site has none.

    All but `course` and `title` may be null: then what they tell is unknown.
    """

    course: Column = "CourseId"
    title: Column = "LearningItemTitle"
    type: Column | None = "LearningItemType"
    status: Column | None = "LearningItemStatus"
    scale: Column | None = "AssessmentScaleId"
    max_score: Column | None = "MaxScore"
    term: Column | None = "TermId"
    deadline: Column | None = "Deadline"
    active_from: Column | None = "ActiveFrom"
    creator: Column | None = "CreatedByUserId"
    created: Column | None = "T_CreatedDate"
    category: Column | None = None

    def names(self) -> tuple[str, ...]:
        """Give the columns that must be there."""
        return tuple(name for name in self.model_dump().values() if name is not None)


class ItslearningSettings(Strict):
    """The keys below `lms:` beside `kind`.

    Attributes:
        base_url: the service's address, as the admin menu shows it, with the site's short name.
        user: an administrator's user name; password: where theirs lies.
        bridge: a folder with the three files, or the columns that hold the SIS's ids.
        statuses: what each AssessmentStatusId of this site means, in one word or several. A grade with a status
            that is not named here is told and left alone.
        score_scales: titles of the assessment scales that give points.
        items: the columns of LearningItems.
        times: which clock the warehouse's times show; no page says.
        system_id: names the installation for ever; set it before base_url changes, else every line item would be
            made a second time.
    """

    base_url: Address
    user: Annotated[str, Field(min_length=1, pattern=r"^[^:]+$")]
    password: SecretRef
    bridge: Path | BridgeColumns
    statuses: dict[Annotated[str, Field(pattern=r"^-?\d+$")], Word | tuple[Word, ...]]
    score_scales: tuple[str, ...] = ("Score",)
    items: ItemColumns = ItemColumns()
    times: Literal["utc", "district"] = "utc"
    max_in_flight: Annotated[int, Field(ge=1, le=8)] = 4
    system_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    def words(self, status: str) -> frozenset[str] | None:
        """Give what a status means, None where nobody said."""
        word = self.statuses.get(status)
        return None if word is None else frozenset((word,) if isinstance(word, str) else word)


@dataclass(frozen=True, slots=True)
class Bridge:
    """From the warehouse's numbers to the SIS's ids.

    Attributes:
        sections: course to the sections that it stands for, each with whether passback is on.
        people: user to their id in the SIS.
        students: the users who are students; None: the profile of a membership tells.
        seats: user to the sections in which they sit.
    """

    sections: Mapping[str, Mapping[str, bool | None]]
    people: Mapping[str, str] = field(repr=False)
    students: frozenset[str] | None = field(repr=False)
    seats: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)

    def sections_of(self, user: str, course: str) -> frozenset[str] | None:
        """Give a student's sections in a course; None where a merged course leaves it open."""
        sections = frozenset(self.sections[course])
        if len(sections) == 1:
            return sections
        return (self.seats.get(user, frozenset()) & sections) or None


async def read_bridge(folder: Path) -> Bridge:
    """Read the files of a bridge.

    Raises:
        SourceDataError: one is missing (BRIDGE_MISSING) or has wrong rows (FILE_ROW_INVALID).
    """
    return await asyncio.to_thread(_read_bridge, folder)


def _read_bridge(folder: Path) -> Bridge:
    courses = _file(folder, "courses.csv", COURSE_COLUMNS)
    users = _file(folder, "users.csv", USER_COLUMNS)
    has_members = (folder / "members.csv").exists()
    members = _file(folder, "members.csv", MEMBER_COLUMNS) if has_members else None
    texts = [text for text in (courses, users, members) if text is not None]
    faults = [fault for text in texts for fault in text.faults]
    faults += [*_course_faults(courses), *_user_faults(users), *(_member_faults(members) if members else ())]
    if faults:
        raise broken(LABEL, faults)
    sections: dict[str, dict[str, bool | None]] = {}
    for course, section, flag in _tuples(courses):
        enabled = None if flag == "" else flag.lower() == "true"
        sections.setdefault(course, {})[section] = enabled
    seats: dict[str, set[str]] = {}
    for user, section in _tuples(members):
        seats.setdefault(user, set()).add(section)
    people = list(_tuples(users))
    return Bridge(
        sections=sections,
        people={user: sis for user, sis, _ in people},
        students=frozenset(user for user, _, role in people if role == "student"),
        seats={user: frozenset(found) for user, found in seats.items()},
    )


def _file(folder: Path, name: str, columns: tuple[str, ...]) -> Text:
    try:
        return read_text(name, (folder / name).read_bytes(), columns)
    except OSError as error:
        what = f"{folder / name} cannot be read ({type(error).__name__})"
    raise SourceDataError(
        f"{what}. Export it from the roster integration into the folder that lms.bridge names",
        system=LABEL,
        code="BRIDGE_MISSING",
    )


def _course_faults(text: Text) -> list[Fault]:
    if text.rows is None:
        return []
    rows = text.rows
    flag = rows["passback_enabled"]
    twice = rows.duplicated(["CourseId", "section_sis_id"])
    return faults_of(
        text,
        [
            *key_checks(rows, ("CourseId", "section_sis_id")),
            ("passback_enabled", ~(is_flag(flag) | (flag == "")), "true, false, or empty"),
            ("CourseId", twice, "one row per course and section; this pair was above"),
        ],
    )


def _user_faults(text: Text) -> list[Fault]:
    if text.rows is None:
        return []
    rows = text.rows
    return faults_of(
        text,
        [
            *key_checks(rows, ("UserId", "sis_id")),
            ("role", ~rows["role"].isin(ROLES), ", ".join(ROLES)),
            ("UserId", rows.duplicated(["UserId"]), "one row per user; this one was above"),
            (
                "sis_id",
                rows.duplicated(["sis_id", "role"]),
                "one user per person and role; this one was above",
            ),
        ],
    )


def _member_faults(text: Text) -> list[Fault]:
    return [] if text.rows is None else faults_of(text, key_checks(text.rows, MEMBER_COLUMNS))


def _tuples(text: Text | None) -> list[tuple[str, ...]]:
    rows = pd.DataFrame() if text is None or text.rows is None else text.rows
    return [tuple(map(str, row)) for row in rows.itertuples(index=False)]
