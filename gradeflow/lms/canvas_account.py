"""What a district file says of its Canvas, what Canvas's refusals mean, and who can lift them.

Source: canvas.instructure.com/doc/api (Throttling, OAuth 2) and the canvas-lms source behind it, read 2026-11.
"""

from __future__ import annotations

from typing import Annotated

import httpx
from pydantic import AwareDatetime, Field

from gradeflow.errors import CredentialError, PermanentError
from gradeflow.lms.canvas_records import LABEL, Record
from gradeflow.model.district import SecretRef, Strict
from gradeflow.transport.address import Address
from gradeflow.transport.answers import Next, Vendor, code_word, json_or_none, next_for

RENEW = "Make a new access token in Canvas and put it where token of the district file points"
WIDEN = (
    "The user of the token needs the account rights 'SIS Data - read' and 'Grades - view all grades';"
    " an account admin of Canvas grants them"
)


class CanvasSettings(Strict):
    """The keys below `lms:` beside `kind`.

    Attributes:
        base_url: the host that teachers see, without `/api`.
        account: the Canvas account id whose courses (sub-accounts included) pass back.
        starts_before, ends_after: leave out courses and terms outside, such as other school years.
        terms: SIS ids of the terms whose courses are read; none: all.
        full_read_every_days: read only what was graded or handed in since the last reading, and everything anew
            every so many days; absent: every reading takes everything anew.
        page_size: Canvas gives 100 at most.
        system_id: names the installation for ever; set it before base_url or account changes, else every
            line item would be made a second time.
    """

    base_url: Address
    account: Annotated[str, Field(pattern=r"^[^/?#]+$")]
    token: SecretRef
    starts_before: AwareDatetime | None = None
    ends_after: AwareDatetime | None = None
    terms: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    full_read_every_days: Annotated[int, Field(ge=1, le=31)] | None = None
    page_size: Annotated[int, Field(ge=1, le=100)] = 100
    max_in_flight: Annotated[int, Field(ge=1, le=32)] | None = None
    system_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None


def classify(response: httpx.Response) -> Next:
    """Tell Canvas's throttle from a missing right, and a missing right from a bad token.

    The throttle answers 403 with "Rate Limit Exceeded" in hosted Canvas of record, 429 by newer pages. A
    401 with "user not authorized" is a right; a bad token has WWW-Authenticate.
    """
    step = next_for(response.status_code)
    if step is Next.FORBIDDEN and "rate limit exceeded" in response.text.lower():
        return Next.WAIT
    if step is Next.RENEW and "WWW-Authenticate" not in response.headers:
        return Next.FORBIDDEN if "user not authorized" in response.text.lower() else step
    return step


def _error_word(response: httpx.Response) -> str | None:
    body = json_or_none(response)
    return code_word(body.get("code")) if isinstance(body, dict) else None


VENDOR = Vendor(
    label=LABEL,
    renew=RENEW,
    widen=WIDEN,
    forbidden_code="RIGHTS_MISSING",
    classify=classify,
    error_word=_error_word,
)


def refuse_missing_sis_keys(records: list[Record], key: str) -> None:
    """Stop where Canvas hides the SIS ids: it leaves the key out instead of refusing.

    Raises:
        CredentialError: there are records and none has the key.
    """
    if records and not any(key in record for record in records):
        raise CredentialError(
            f"no {key} in any of {len(records)} records: the token lacks the right to read SIS ids"
            " (read_sis). An account admin of Canvas grants its user 'SIS Data - read'",
            system=LABEL,
            code="SIS_KEYS_MISSING",
        )


def refuse_hidden_overrides(assignments: list[Record]) -> None:
    """Stop where Canvas hides the dates of sections and students: it leaves the key out instead of refusing.

    Raises:
        CredentialError: an assignment has overrides that are not shown.
    """
    hidden = sum(one.get("has_overrides") is True and "overrides" not in one for one in assignments)
    if hidden:
        raise CredentialError(
            f"{hidden} assignments have dates of their own for sections or students, which the token may not"
            " see. An account admin of Canvas grants its user 'Assignments and Quizzes - edit'",
            system=LABEL,
            code="OVERRIDES_HIDDEN",
        )


def export_switched_off() -> PermanentError:
    """Build the error for an account whose SIS export list answers 400."""
    return PermanentError(
        "the SIS export list is switched off. An account admin of Canvas turns on the SIS integration or"
        " the bulk SIS grade export for this account",
        system=LABEL,
        code="SIS_EXPORT_NOT_ENABLED",
        status=400,
    )
