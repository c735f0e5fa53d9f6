"""What PowerSchool's answers mean: refusals that name a student, a column or a locked term, lists and table rows.

Messages carry columns and fields, never a value: a body may quote the score or the student that was sent.

Source: PowerSchool API "XTE" and "Schema" as transcribed by others, and a district's published notes of what its
test server answered; read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx

from gradeflow.errors import PermanentError
from gradeflow.sis.powerschool_xte_records import LABEL, number_of
from gradeflow.transport.answers import Next, Vendor, code_word, json_or_none, next_for
from gradeflow.transport.records import Record

_COLUMN = re.compile(
    r"\b(?:assignment(?:section|categoryassoc|score(?:comment)?)?|teachercategory|districtteachercategory|"
    r"sections|sectionteacher|students|schoolstaff|users|terms)\.[a-z_]{1,40}\b",
    re.IGNORECASE,
)


def _errors(body: Any) -> list[Mapping[str, Any]]:
    found = body.get("errors") if isinstance(body, Mapping) else None
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def students_in(body: Any) -> set[int]:
    """Give STUDENTS.DCID of those whom a refusal names."""
    found: set[int] = set()
    for error in _errors(body):
        params = error.get("params")
        value = number_of(params.get("student_dcid")) if isinstance(params, Mapping) else None
        if value is not None:
            found.add(value)
    return found


def conflict(body: Any, what: str, *, is_named: bool) -> PermanentError:
    """Build the error of a 409: a student who is not on the assignment, a locked term, or another rule."""
    texts = (
        [body.get("message"), *(one.get("message") for one in _errors(body))]
        if isinstance(body, Mapping)
        else []
    )
    if is_named:
        why, code = (
            "this student is not on the assignment: is the enrollment in PowerSchool right?",
            "NOT_ENROLLED",
        )
    elif any("lock" in text.lower() for text in texts if isinstance(text, str)):
        why, code = (
            "the term is locked: the office unlocks it, or the district closes the period",
            "PERIOD_CLOSED",
        )
    else:
        word = next((word for one in _errors(body) if (word := code_word(one.get("field")))), None)
        why = f"PowerTeacher Pro's own rules refuse it{f' ({word})' if word else ''}: try the same there by hand"
        code = "SIS_REFUSED"
    return PermanentError(f"{what} was answered 409: {why}", system=LABEL, code=code, status=409)


def classify(response: httpx.Response) -> Next:
    """Let the statuses through that need a look into the body: 409, 412, and a 500 of a deleted assignment."""
    is_write = response.request.method != "GET"
    if is_write and response.status_code in {409, 412}:
        return Next.USE
    if is_write and response.status_code == 500 and is_deleted(response):
        return Next.USE
    # A proxy may report an outage after the assignment was created: sent again it would be there twice.
    if response.request.method == "POST" and response.status_code in {408, 503}:
        return Next.UNSURE
    return next_for(response.status_code)


def is_deleted(response: httpx.Response) -> bool:
    """Tell whether a 500 speaks of an assignment section that is not there."""
    return (
        re.search(rb"unable to find\b.{0,80}AssignmentSection", response.content, re.IGNORECASE) is not None
    )


def error_word(response: httpx.Response) -> str | None:
    """Name the columns that a refusal for want of rights speaks of; else the field of its first error."""
    columns = (
        sorted({word.lower() for word in _COLUMN.findall(response.text)})
        if response.status_code == 403
        else []
    )
    if columns:
        return ", ".join(columns[:5])
    return next(
        (word for one in _errors(json_or_none(response)) if (word := code_word(one.get("field")))), None
    )


VENDOR = Vendor(
    label=LABEL,
    renew="In PowerSchool open System, Plugin Management, the plugin, Data Provider Configuration; see that the plugin"
    " is enabled, and put client id and secret where client_id and client_secret of the district file point",
    widen="Add the named fields to the access_request of the plugin.xml, install it again and enable it;"
    " PowerSchool refuses a call for one missing field, also for one that it fills itself",
    forbidden_code="LICENSE_MISSING",
    refused_code="SIS_REFUSED",
    gone_code="SIS_PARENT_GONE",
    classify=classify,
    error_word=error_word,
)


def unreadable(what: str) -> PermanentError:
    """Build the error of an answer that is something else."""
    return PermanentError(
        f"the answer is not {what}: is base_url the address of the PowerSchool server?",
        system=LABEL,
        code="ANSWER_UNREADABLE",
    )


def listed(body: Any, what: str) -> list[Record]:
    """Give a list of records.

    Raises:
        PermanentError: it is none (code ANSWER_UNREADABLE).
    """
    if not isinstance(body, list) or not all(isinstance(one, Mapping) for one in body):
        raise unreadable(f"a list of {what}")
    return body


def records_in(body: Any) -> Any:
    """Find the rows of a page of a table; a single one may stand without a list around it."""
    found = body.get("record") if isinstance(body, Mapping) else body
    return [found] if isinstance(found, Mapping) else found


def row_of(record: Record) -> Record:
    """Take a row out of its wrapping: `{"tables": {<table>: {<column>: text}}}`; columns in small letters."""
    tables = record.get("tables")
    inner = next(iter(tables.values()), None) if isinstance(tables, Mapping) else record
    if not isinstance(inner, Mapping):
        raise unreadable("rows of a table")
    return {str(name).lower(): value for name, value in inner.items()}


def deleted(method: str, status: int) -> PermanentError:
    """Build the error of a write to an assignment that is not there any more."""
    return PermanentError(
        f"{method} of an assignment or a score was answered {status}: the assignment was deleted in PowerTeacher Pro",
        system=LABEL,
        code="SIS_PARENT_GONE",
        status=status,
    )
