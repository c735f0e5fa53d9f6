"""Fill a OneRoster provider from a School: everything but line items and results, which come by passback.

Lookup values of each collection, as `oneroster` asks for them:

| collection | a | b | c |
|---|---|---|---|
| orgs | type | | |
| academicSessions | type | parent | |
| courses | school | | |
| classes | course | school | term |
| users | role | | |
| enrollments | class | user | school |
| categories | class, where offered in one only | | |
| lineItems | class | | |
| results | line item | student | class |
| scoreScales | class | school | |
| calendar: when periods close (not served) | | | |
| holidays (not served) | | | |
| deleted: what once was, for a fault (not served) | | | |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradeflow.sandbox.clock import Clock, utc_text
from gradeflow.sandbox.oneroster_objects import reference
from gradeflow.sandbox.school import School
from gradeflow.sandbox.store import Document, Store

_MARKS = (("A", "90"), ("B", "80"), ("C", "70"), ("D", "60"), ("F", "0"))


def fill_oneroster(store: Store, school: School, clock: Clock, base_url: str) -> None:
    """Write a School into an empty store, in one transaction."""
    modified = utc_text(clock.stamp())
    with_base = {"status": "active", "dateLastModified": modified}
    store.set_setting("timezone", school.timezone)
    store.set_setting("base_url", base_url)
    store.fill(
        Document(
            document.collection,
            document.id,
            {"sourcedId": document.id, **with_base, **document.body},
            document.a,
            document.b,
            document.c,
        )
        for document in _documents(school, base_url)
    )


def _documents(school: School, base_url: str) -> Iterator[Document]:
    yield from _organisation(school, base_url)
    yield from _people(school, base_url)
    yield from _classes(school, base_url)
    yield from _enrollments(school, base_url)
    for category in school.categories:
        body: dict[str, Any] = {"title": category.title}
        if category.section_id is not None:
            body["metadata"] = {"classId": category.section_id}
        yield Document("categories", category.id, body, a=category.section_id)
    for day in school.holidays:
        yield Document("holidays", day.isoformat(), {})


def _organisation(school: School, base_url: str) -> Iterator[Document]:
    name = {"name": f"School {school.school_id}", "type": "school", "identifier": school.school_id}
    yield Document("orgs", school.school_id, name, a="school")
    year, term = year_id(school), term_id(school)
    days = {"startDate": school.start.isoformat(), "endDate": school.end.isoformat()}
    whole = {**days, "schoolYear": school.year}
    yield Document(
        "academicSessions",
        year,
        {"title": f"School year {school.year}", "type": "schoolYear", **whole},
        a="schoolYear",
    )
    parent = reference(base_url, "academicSession", year)
    yield Document(
        "academicSessions",
        term,
        {"title": f"Term {school.year}", "type": "term", **whole, "parent": parent},
        a="term",
        b=year,
    )
    for period in school.periods:
        body = {
            "title": period.title,
            "type": "gradingPeriod",
            "startDate": period.start.isoformat(),
            "endDate": period.end.isoformat(),
            "schoolYear": school.year,
            "parent": reference(base_url, "academicSession", term),
        }
        yield Document("academicSessions", period.id, body, a="gradingPeriod", b=term)
        yield Document("calendar", period.id, {"closes": period.closes.isoformat()})


def _people(school: School, base_url: str) -> Iterator[Document]:
    orgs = [reference(base_url, "org", school.school_id)]
    emails = {teacher.id: teacher.email for teacher in school.teachers}
    roles = [("teacher", key) for key in emails] + [("student", key) for key in school.students]
    for role, key in roles:
        # The protocol demands names; the school has none, so they are made of the id
        body: dict[str, Any] = {
            "username": key,
            "enabledUser": "true",
            "givenName": role.capitalize(),
            "familyName": key,
            "role": role,
            "identifier": key,
            "email": emails.get(key, f"{key}@students.example"),
            "orgs": orgs,
            "agents": [],
        }
        yield Document("users", key, body, a=role)


def _classes(school: School, base_url: str) -> Iterator[Document]:
    org = reference(base_url, "org", school.school_id)
    for course in dict.fromkeys(section.course for section in school.sections):
        yield Document(
            "courses",
            course,
            {"title": f"Course {course}", "courseCode": course, "org": org},
            a=school.school_id,
        )
    for section in school.sections:
        body = {
            "title": section.title,
            "classCode": section.id,
            "classType": "scheduled",
            "course": reference(base_url, "course", section.course),
            "school": org,
            "terms": [reference(base_url, "academicSession", term_id(school))],
        }
        yield Document("classes", section.id, body, a=section.course, b=school.school_id, c=term_id(school))
        scale = {
            "title": "Letter grades",
            "type": "grade",
            "class": reference(base_url, "class", section.id),
            "scoreScaleValue": [{"itemValueLHS": mark, "itemValueRHS": least} for mark, least in _MARKS],
        }
        key = f"scale-{section.id}"
        yield Document("scoreScales", key, scale, a=section.id, b=school.school_id)


def _enrollments(school: School, base_url: str) -> Iterator[Document]:
    org = reference(base_url, "org", school.school_id)
    rows: list[tuple[str, str, dict[str, Any]]] = []
    for section in school.sections:
        for position, teacher in enumerate(section.teachers):
            primary = "true" if position == 0 else "false"
            rows.append((section.id, teacher, {"role": "teacher", "primary": primary}))
    for stay in school.enrolments:
        body = {"role": "student", "primary": "false", "beginDate": stay.begin.isoformat()}
        if stay.end is not None:
            body["endDate"] = stay.end.isoformat()
        rows.append((stay.section, stay.student, body))
    for section_id, user, body in rows:
        refs = {
            "user": reference(base_url, "user", user),
            "class": reference(base_url, "class", section_id),
            "school": org,
        }
        key = f"{section_id}-{user}"
        yield Document("enrollments", key, {**body, **refs}, a=section_id, b=user, c=school.school_id)


def year_id(school: School) -> str:
    """Give the sourcedId of the school year."""
    return f"{school.slug}-year"


def term_id(school: School) -> str:
    """Give the sourcedId of the term in which all classes are held."""
    return f"{school.slug}-term"
