"""An LMS that gives its gradebook away by OneRoster 1.1 and 1.2: reads only, by bearer token or signed calls.

It stands for any LMS or broker that does so. Each line item belongs to one class, so an assignment has one
for each of its sections; each student has a result in it, also "not submitted". What OneRoster has no field
for is not told: who assigned, what is meant for the SIS or the final grade, what students may see; and what
is not published is not there.

Source: OneRoster 1.1 and 1.2, gradebook services, REST binding; read in November 2026.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from gradeflow.sandbox.clock import Clock, utc_text
from gradeflow.sandbox.oneroster import OneRosterServer
from gradeflow.sandbox.oneroster_fill import fill_oneroster
from gradeflow.sandbox.oneroster_objects import reference
from gradeflow.sandbox.oneroster_vendors import SHA1, SHA256, Vendor
from gradeflow.sandbox.oneroster_versions import V1P1, V1P2
from gradeflow.sandbox.practice import Practice, Secret, ServerSpec
from gradeflow.sandbox.school import Assignment, School, Score, Section
from gradeflow.sandbox.store import Document, Store

VENDOR = Vendor(
    "oneroster",
    "OneRoster LMS",
    versions=(V1P2, V1P1),
    read_only=frozenset({"1.1", "1.2"}),
    signed_by=(SHA1, SHA256),
)
GRADED_AFTER = dt.timedelta(days=7)
LAST_MINUTE, MIDNIGHT = dt.time(23, 59), dt.time()
_FLAGS = {True: "true", False: "false"}


def item_id(school: School, assignment: str, section: str) -> str:
    """Give the sourcedId of an assignment in a section."""
    return f"{assignment}-{section}"


def fill_gradebook(store: Store, school: School, clock: Clock, base_url: str) -> None:
    """Write a School with its scores into a store."""
    fill_oneroster(store, school, clock, base_url)
    for category in school.categories:  # those are the SIS's; an LMS has its own
        store.delete("categories", category.id)
    stamp = {"status": "active", "dateLastModified": utc_text(clock.stamp())}
    store.fill(
        Document(one.collection, one.id, {"sourcedId": one.id, **stamp, **one.body}, one.a, one.b, one.c)
        for one in _Filling(school, clock.now(), base_url).documents()
    )


class _Filling:
    """Makes line items and results of a School."""

    def __init__(self, school: School, now: dt.datetime, base_url: str) -> None:
        self._school = school
        self._now = now
        self._base = base_url
        self._scores = {(score.assignment, score.student): score for score in school.scores}

    def documents(self) -> Iterator[Document]:
        for number, title in enumerate(self._school.lms_types, 1):
            yield Document("categories", f"type-{number}", {"title": title})
        for assignment in self._school.assignments:
            for section in self._school.sections:
                if assignment.is_published and self._school.has(assignment, section):
                    yield self._line_item(assignment, section)
                    for student in section.students:
                        yield self._result(assignment, section, student)

    def _line_item(self, assignment: Assignment, section: Section) -> Document:
        dates = assignment.dates_in(section.id)
        category = f"type-{self._school.lms_types.index(assignment.type) + 1}"
        body: dict[str, Any] = {
            "title": assignment.title,
            "description": assignment.title,
            "assignDate": self._instant(dates.assigned, MIDNIGHT),
            "class": self._reference("class", section.id),
            "school": self._reference("org", self._school.school_id),
            "category": self._reference("category", category),
            "resultValueMin": 0,
            "resultValueMax": float(assignment.max_points),
        }
        if dates.due is not None:
            body["dueDate"] = self._instant(dates.due, LAST_MINUTE)
            period = self._school.period_of(dates.due)
            if period is not None:
                body["gradingPeriod"] = self._reference("academicSession", period.id)
        if assignment.grading != "points":
            body["scoreScale"] = self._reference("scoreScale", f"scale-{section.id}")
        key = item_id(self._school, assignment.id, section.id)
        return Document("lineItems", key, body, a=section.id)

    def _result(self, assignment: Assignment, section: Section, student: str) -> Document:
        score = self._scores.get((assignment.id, student)) or Score(assignment.id, student, None, None)
        item = item_id(self._school, assignment.id, section.id)
        body: dict[str, Any] = {
            "lineItem": self._reference("lineItem", item),
            "class": self._reference("class", section.id),
            "student": self._reference("user", student),
            "scoreStatus": _status(score),
            "scoreDate": ((score.submitted or self._school.start) + GRADED_AFTER).isoformat(),
            "late": _FLAGS[score.is_late],
            "missing": _FLAGS[self._is_missing(assignment, section, score)],
            "incomplete": "false",
            "inProgress": "false",
        }
        if score.points is not None and not score.is_excused:
            body["score"] = float(score.points)
        if score.text is not None:
            body["textScore"] = score.text
        return Document("results", f"{item}-{student}", body, a=item, b=student, c=section.id)

    def _is_missing(self, assignment: Assignment, section: Section, score: Score) -> bool:
        due = assignment.dates_in(section.id).due
        is_past = due is not None and self._now.astimezone(self._school.zone).date() > due
        return is_past and _status(score) == "not submitted"

    def _instant(self, day: dt.date, time: dt.time) -> str:
        return utc_text(dt.datetime.combine(day, time, self._school.zone))

    def _reference(self, kind: str, key: str) -> dict[str, str]:
        return reference(self._base, kind, key)


def _status(score: Score) -> str:
    if score.is_excused:
        return "exempt"
    if score.points is not None or score.text is not None:
        return "fully graded"
    return "submitted" if score.submitted is not None else "not submitted"


def _fill(spec: ServerSpec, school: School, clock: Clock) -> None:
    with closing(spec.store()) as store:
        fill_gradebook(store, school, clock, spec.origin + VENDOR.base(V1P1) + V1P1.root("lineItems"))


def _settings(spec: ServerSpec) -> Mapping[str, Any]:
    return {
        "base_url": f"{spec.origin}{VENDOR.base(V1P2)}/ims/oneroster",
        "version": "1.2",
        "token_url": f"{spec.origin}{VENDOR.tokens_at}",
        "client_id": Secret("client_id"),
        "client_secret": Secret("client_secret"),
    }


PRACTICES = (
    Practice(
        kind=VENDOR.kind,
        side="lms",
        label=VENDOR.label,
        secrets=VENDOR.secrets,
        settings=_settings,
        fill=_fill,
        serve=lambda spec, clock: OneRosterServer(spec.store(), clock, VENDOR, spec.secrets),
        item_id=item_id,
    ),
)
