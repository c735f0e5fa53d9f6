"""What a district file says of its Canvas, what Canvas's refusals mean, and who can lift them.

Source: canvas.instructure.com/doc/api (Throttling, OAuth 2) and the canvas-lms source behind it, read 2026-11.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import httpx
from pydantic import AwareDatetime, Field, model_validator

from gradeflow.errors import CredentialError, PermanentError
from gradeflow.lms.canvas_records import LABEL, Record
from gradeflow.model.district import SecretRef, Strict
from gradeflow.ports import ConnectorContext
from gradeflow.transport.address import Address
from gradeflow.transport.answers import Next, Vendor, code_word, json_or_none, next_for
from gradeflow.transport.auth import Authorization, ClientCredentials, bearer_token

RENEW = "Make a new access token in Canvas and put it where token of the district file points"
RENEW_KEY = (
    "In Canvas, see that the developer key is on; then have its user authorise it again, and put client id, secret and"
    " refresh token where developer_key of the district file points"
)
WIDEN = (
    "The user of the token needs the account rights 'SIS Data - read' and 'Grades - view all grades';"
    " an account admin of Canvas grants them"
)


class DeveloperKey(Strict):
    """A developer key, and the refresh token that a user of it got; its access tokens last an hour."""

    client_id: SecretRef
    client_secret: SecretRef
    refresh_token: SecretRef


class CanvasSettings(Strict):
    """The keys below `lms:` beside `kind`.

    Attributes:
        base_url: the host that teachers see, without `/api`.
        account: the Canvas account id whose courses (sub-accounts included) pass back.
        token, developer_key: one of them: a token that a person made, or a key that gets its tokens itself.
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
    token: SecretRef | None = None
    developer_key: DeveloperKey | None = None
    starts_before: AwareDatetime | None = None
    ends_after: AwareDatetime | None = None
    terms: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    full_read_every_days: Annotated[int, Field(ge=1, le=31)] | None = None
    page_size: Annotated[int, Field(ge=1, le=100)] = 100
    max_in_flight: Annotated[int, Field(ge=1, le=32)] | None = None
    system_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    @model_validator(mode="after")
    def _one_way_in(self) -> CanvasSettings:
        if len(self._ways_in) != 1:
            msg = "token, developer_key: one of them"
            raise ValueError(msg)
        return self

    @property
    def way_in(self) -> SecretRef | DeveloperKey:
        """The one of token and developer_key that is given."""
        (only,) = self._ways_in
        return only

    @property
    def _ways_in(self) -> list[SecretRef | DeveloperKey]:
        return [one for one in (self.token, self.developer_key) if one is not None]


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


def authorized(settings: CanvasSettings, context: ConnectorContext) -> tuple[Vendor, Authorization]:
    """Make what authorises the calls, and say what a refusal of it means.

    Source: canvas.instructure.com/doc/api (OAuth2 Endpoints: POST login/oauth2/token), read 2026-11.
    """
    key = settings.way_in
    if isinstance(key, SecretRef):
        return VENDOR, bearer_token(context.read_secret(key))
    client = ClientCredentials(
        label=LABEL,
        token_url=f"{settings.base_url}/login/oauth2/token",
        client_id=context.read_secret(key.client_id),
        client_secret=context.read_secret(key.client_secret),
        renew=RENEW_KEY,
        refresh_token=context.read_secret(key.refresh_token),
        setting="base_url",
        mode="body",
    )
    return replace(VENDOR, renew=RENEW_KEY), client


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
