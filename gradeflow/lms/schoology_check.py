"""What `gradeflow check` tries at Schoology, in order and by few reads, up to the first that fails."""

from __future__ import annotations

from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.errors import OutsideError, SourceDataError
from gradeflow.lms.schoology_reading import rows_in
from gradeflow.lms.schoology_records import LABEL, Record, id_text
from gradeflow.ports import CheckResult
from gradeflow.transport.http import HttpClient

COURSES_TRIED = 20


async def check_schoology(http: HttpClient, zone: ZoneInfo) -> list[CheckResult]:
    """Try the key, the right to the whole school, other users' data, the section codes, and the zone."""
    results: list[CheckResult] = []
    try:
        courses = await _rows(http, "/courses", "course", str(COURSES_TRIED))
        results.append(_passed("key and courses", "readable"))
        await _rows(http, "/gradingperiods", "gradingperiods")
        results.append(_passed("rights to the whole school", "grading periods are readable"))
        section = await _first_section(http, courses)
        results.append(_passed("section school codes", "sections carry the SIS's id"))
        await _rows(http, f"/sections/{id_text(section)}/enrollments", "enrollment")
        results.append(_passed("data of other users", "enrollments are readable"))
        results.append(_compare(zone, await _rows(http, "/users", "user", "20")))
    except OutsideError as error:
        results.append(CheckResult(_NAMES[len(results)], passed=False, detail=str(error)))
    return results


_NAMES = (
    "key and courses",
    "rights to the whole school",
    "section school codes",
    "data of other users",
    "time zone",
)


def _passed(name: str, detail: str) -> CheckResult:
    return CheckResult(name, passed=True, detail=detail)


async def _rows(http: HttpClient, path: str, name: str, limit: str = "1") -> list[Record]:
    body: Any = await http.get(path, [("limit", limit)])
    return rows_in(body, name)


async def _first_section(http: HttpClient, courses: list[Record]) -> Record:
    """Find a section that can be routed in the first courses.

    Raises:
        SourceDataError: there are no sections, or none that the SIS knows.
    """
    seen = 0
    for course in courses:
        sections = await _rows(http, f"/courses/{id_text(course)}/sections", "section", "20")
        seen += len(sections)
        for section in sections:
            if section.get("section_school_code"):
                return section
    if not courses or not seen:
        raise SourceDataError(
            "no course with a section of a current grading period: is it the right school?",
            system=LABEL,
            code="NO_COURSES",
        )
    raise SourceDataError(
        f"none of {seen} sections has a section school code: the roster integration of the SIS has to set it to"
        " the SIS's section id, else nothing can be routed",
        system=LABEL,
        code="SIS_KEYS_MISSING",
    )


def _compare(zone: ZoneInfo, users: list[Record]) -> CheckResult:
    counts = Counter(str(one["tz_name"]) for one in users if one.get("tz_name"))
    if not counts:
        return _passed("time zone", f"Schoology names none; due times are read as {zone.key}")
    usual, _ = counts.most_common(1)[0]
    if usual == zone.key or zone.key in counts:
        return _passed("time zone", f"due times are read as {zone.key}, as users have it")
    return CheckResult(
        "time zone",
        passed=False,
        detail=f"users have {usual}, due times are read as {zone.key}: write zone: {usual} below lms",
    )
