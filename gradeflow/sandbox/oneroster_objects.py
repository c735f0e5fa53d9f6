"""The objects of OneRoster 1.1: their collections, fields and references, and its flat status answer.

Source: OneRoster 1.1 rostering and gradebook services; field lists as in the public OpenAPI of 1EdTech.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gradeflow.sandbox.wire import Answer, AnsweredError

BASE_PATH = "/ims/oneroster/v1p1"
_BASE = ("sourcedId", "status", "dateLastModified", "metadata")


@dataclass(frozen=True, slots=True)
class Collection:
    """How objects of one kind are wrapped and what they consist of."""

    one: str
    many: str
    fields: tuple[str, ...]


def _collection(one: str, many: str, *fields: str) -> Collection:
    return Collection(one, many, (*_BASE, *fields))


COLLECTIONS: Mapping[str, Collection] = {
    collection.many: collection
    for collection in (
        _collection("org", "orgs", "name", "type", "identifier", "parent", "children"),
        _collection(
            "academicSession",
            "academicSessions",
            *("title", "startDate", "endDate", "type", "parent", "children", "schoolYear"),
        ),
        _collection(
            "course",
            "courses",
            *("title", "schoolYear", "courseCode", "grades", "subjects", "org", "subjectCodes"),
        ),
        _collection(
            "class",
            "classes",
            *("title", "classCode", "classType", "location", "grades", "subjects", "course", "school"),
            *("terms", "subjectCodes", "periods"),
        ),
        _collection(
            "user",
            "users",
            *("username", "userIds", "enabledUser", "givenName", "familyName", "middleName", "role"),
            *("identifier", "email", "sms", "phone", "agents", "orgs", "grades"),
        ),
        _collection(
            "enrollment",
            "enrollments",
            *("user", "class", "school", "role", "primary", "beginDate", "endDate"),
        ),
        _collection("category", "categories", "title"),
        _collection(
            "lineItem",
            "lineItems",
            *("title", "description", "assignDate", "dueDate", "class", "category", "gradingPeriod"),
            *("resultValueMin", "resultValueMax"),
        ),
        _collection(
            "result",
            "results",
            *("lineItem", "student", "scoreStatus", "score", "scoreDate", "comment"),
        ),
    )
}

_FOLDERS = {
    "org": "orgs",
    "academicSession": "academicSessions",
    "course": "courses",
    "class": "classes",
    "user": "users",
    "category": "categories",
    "lineItem": "lineItems",
    "scoreScale": "scoreScales",
}
# What the references in an object's fields refer to
REFERENCES = {
    "class": "class",
    "category": "category",
    "gradingPeriod": "academicSession",
    "academicSession": "academicSession",
    "school": "org",
    "course": "course",
    "scoreScale": "scoreScale",
    "lineItem": "lineItem",
    "student": "user",
}
SCORE_STATUSES = ("exempt", "fully graded", "not submitted", "partially graded", "submitted")


def reference(base_url: str, kind: str, key: str) -> dict[str, str]:
    """Make a reference to another object.

    >>> reference("http://h", "class", "c1")["href"]
    'http://h/classes/c1'
    """
    return {"href": f"{base_url}/{_FOLDERS[kind]}/{key}", "sourcedId": key, "type": kind}


def referred(value: Any) -> str | None:
    """Give the sourcedId that a reference names; None where it is no reference."""
    key = value.get("sourcedId") if isinstance(value, Mapping) else None
    return key if isinstance(key, str) else None


def status(code: int, minor: str, description: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Make 1.1's status answer: flat, `imsx_codeMinor` a text."""
    body = {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_codeMinor": minor,
        "imsx_description": description,
        "imsx_operationRefIdentifier": None,
        "imsx_messageRefIdentifier": None,
    }
    return Answer(code, body, headers or {})


def unknown(kind: str, key: str) -> AnsweredError:
    """Say that an id leads nowhere."""
    return AnsweredError(status(404, "unknown object", f"There is no {kind} {key}"))


def invalid(description: str) -> AnsweredError:
    """Say that what was sent cannot be stored."""
    return AnsweredError(status(422, "invalid data", description))
