"""A practice SIS that is a folder: the roster of a School as OneRoster 1.1 CSV files, and an empty drop beside it.

Nothing is served and nobody answers: a person imports what is dropped. The files have every column of the binding
in its order; cells that the School knows nothing of are empty.

Source: OneRoster 1.1 CSV binding, as repeated in public libraries.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gradeflow.sandbox.practice import Practice, ServerSpec
from gradeflow.sandbox.school import School

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "academicSessions": (
        *("sourcedId", "status", "dateLastModified", "title", "type", "startDate", "endDate"),
        *("parentSourcedId", "schoolYear"),
    ),
    "categories": ("sourcedId", "status", "dateLastModified", "title", "metadata.classId"),
    "classes": (
        *("sourcedId", "status", "dateLastModified", "title", "grades", "courseSourcedId", "classCode"),
        *(
            "classType",
            "location",
            "schoolSourcedId",
            "termSourcedIds",
            "subjects",
            "subjectCodes",
            "periods",
        ),
    ),
    "enrollments": (
        *("sourcedId", "status", "dateLastModified", "classSourcedId", "schoolSourcedId", "userSourcedId"),
        *("role", "primary", "beginDate", "endDate"),
    ),
    "users": (
        *("sourcedId", "status", "dateLastModified", "enabledUser", "orgSourcedIds", "role", "username"),
        *("userIds", "givenName", "familyName", "middleName", "identifier", "email", "sms", "phone"),
        *("agentSourcedIds", "grades", "password"),
    ),
}
FIRST_NUMBER = 100001
Row = dict[str, Any]


def write_roster(folder: Path, school: School) -> None:
    """Write all files; each replaces the one before at once."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = {
        "academicSessions": _sessions(school),
        "categories": _categories(school),
        "classes": _classes(school),
        "enrollments": _enrollments(school),
        "users": _users(school),
    }
    for name, columns in COLUMNS.items():
        partial = folder / f"{name}.csv.tmp"
        with partial.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, columns, restval="")
            writer.writeheader()
            writer.writerows(rows[name])
        partial.replace(folder / f"{name}.csv")


def _sessions(school: School) -> Iterator[Row]:
    term = f"{school.slug}-term"
    whole = {"startDate": school.start, "endDate": school.end, "schoolYear": school.year}
    yield {"sourcedId": term, "title": f"Term {school.year}", "type": "term", **whole}
    for period in school.periods:
        yield {
            "sourcedId": period.id,
            "title": period.title,
            "type": "gradingPeriod",
            "startDate": period.start,
            "endDate": period.end,
            "parentSourcedId": term,
            "schoolYear": school.year,
        }


def _categories(school: School) -> Iterator[Row]:
    for category in school.categories:
        yield {"sourcedId": category.id, "title": category.title, "metadata.classId": category.section_id}


def _classes(school: School) -> Iterator[Row]:
    for section in school.sections:
        yield {
            "sourcedId": section.id,
            "title": section.title,
            "courseSourcedId": section.course,
            "classType": "scheduled",
            "schoolSourcedId": school.school_id,
            "termSourcedIds": f"{school.slug}-term",
        }


def _enrollments(school: School) -> Iterator[Row]:
    for section in school.sections:
        for at, teacher in enumerate(section.teachers):
            row = _enrollment(school, section.id, teacher)
            yield {**row, "role": "teacher", "primary": "true" if at == 0 else "false"}
    for stay in school.enrolments:
        row = _enrollment(school, stay.section, stay.student)
        yield {**row, "role": "student", "primary": "false", "beginDate": stay.begin, "endDate": stay.end}


def _enrollment(school: School, section: str, user: str) -> Row:
    return {
        "sourcedId": f"{section}-{user}",
        "classSourcedId": section,
        "schoolSourcedId": school.school_id,
        "userSourcedId": user,
    }


def _users(school: School) -> Iterator[Row]:
    emails = {teacher.id: teacher.email for teacher in school.teachers}
    numbers = {student: str(FIRST_NUMBER + at) for at, student in enumerate(school.students)}
    for role, keys in (("teacher", emails), ("student", numbers)):
        for key in keys:
            # The binding demands names; the School has none, so they are made of the id
            yield {
                "sourcedId": key,
                "enabledUser": "true",
                "orgSourcedIds": school.school_id,
                "role": role,
                "username": key,
                "givenName": role.capitalize(),
                "familyName": key,
                "identifier": numbers.get(key, key),
                "email": emails.get(key, ""),
            }


def _settings(spec: ServerSpec) -> Mapping[str, Any]:
    return {"folder": spec.drop / "drop", "roster": spec.drop / "roster"}


PRACTICES = (
    Practice(
        kind="file_drop",
        side="sis",
        label="File drop",
        secrets=(),
        settings=_settings,
        fill=lambda spec, school, clock: write_roster(spec.drop / "roster", school),
        serve=None,
    ),
)
