"""What Aeries' answers mean: which of its statuses are unsure, and the words of its refusals without their values."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx

from gradeflow.sis.aeries_v5_records import LABEL
from gradeflow.transport.answers import Next, Vendor, json_or_none, next_for

_FIELDS = re.compile(
    r"Description|AssignmentCategoryCode|DateAssigned|DateDue|NumberCorrectPossible|PointsPossible|ExternalID|"
    r"StudentID|NumberCorrect|DateCompleted|DatabaseYear"
)


def _error_word(response: httpx.Response) -> str | None:
    """Name the fields that Aeries' message speaks of; the message itself may quote a value."""
    body = json_or_none(response)
    text = body.get("Message") if isinstance(body, Mapping) else None
    found = sorted(set(_FIELDS.findall(text))) if isinstance(text, str) else []
    return ", ".join(found) or None


def _classify(response: httpx.Response) -> Next:
    """Take an outage during an insert for unsure: a proxy may report it after Aeries has stored."""
    request = response.request
    is_insert = request.method == "POST" and request.url.path.endswith("/Assignments")
    return Next.UNSURE if is_insert and response.status_code in {408, 503} else next_for(response.status_code)


VENDOR = Vendor(
    label=LABEL,
    renew="On Aeries' API Security page look whether the certificate is still there, and has the areas Gradebook"
    " Data and Gradebook Scores with Read and Update, Master Schedule, Student Data and Staff Data with Read; put"
    " it where certificate of the district file points",
    widen="On Aeries' API Security page give the certificate the areas Gradebook Data and Gradebook Scores with"
    " Read and Update, Master Schedule, Student Data and Staff Data with Read",
    forbidden_code="LICENSE_MISSING",
    refused_code="SIS_REFUSED",
    gone_code="SIS_PARENT_GONE",
    classify=_classify,
    error_word=_error_word,
)
