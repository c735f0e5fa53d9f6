"""What differs between OneRoster 1.1 providers, as data; and what a district file says of one.

Limits that decide whether a score passes (title length, whole points) are rules, not here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from gradeflow.model.district import SecretRef, Strict
from gradeflow.model.gradebook import ResultStatus
from gradeflow.ports import Evidence
from gradeflow.transport.address import Address
from gradeflow.transport.auth import AuthMode

SCOPES = "https://purl.imsglobal.org/spec/or/v1p1/scope/"
READ_AND_WRITE = " ".join(
    SCOPES + name for name in ("roster.readonly", "gradebook.readonly", "gradebook.createput")
)


@dataclass(frozen=True, slots=True)
class OneRosterProfile:
    """One provider.

    Attributes:
        kind, label, evidence, limits: as in `ports.Connector`.
        renew: what to do when it refuses the credentials, in operators' words.
        widen: what to do when it refuses the right.
        auth_mode: where client id and secret go in the token request.
        scopes: asked for with the token; None asks for none.
        score_status: what our status is called there.
        score_date_format: whether `scoreDate` goes as a date or as a date-time.
        due_time_encoding: how a district-local date becomes a date-time: noon there, so that no time zone
            moves it to another day, or no time at all.
        page_size, max_concurrency: where it publishes limits (none of the present three does).
    """

    kind: str
    label: str
    evidence: Evidence
    renew: str
    widen: str
    limits: tuple[str, ...] = ()
    auth_mode: AuthMode = "basic"
    scopes: str | None = READ_AND_WRITE
    score_status: dict[ResultStatus, str] = field(
        default_factory=lambda: {"graded": "fully graded", "exempt": "exempt"}
    )
    score_date_format: Literal["date", "datetime"] = "date"
    due_time_encoding: Literal["noon_local", "date_only"] = "noon_local"
    page_size: int = 100
    max_concurrency: int = 8


class OneRosterSettings(Strict):
    """The keys below `sis:` beside `kind`.

    Attributes:
        base_url: up to and including `/ims/oneroster/v1p1`; cannot be derived, ask the SIS's administrator.
        token_url: likewise.
        auth, scope, page_size, max_in_flight: override the profile.
        system_id: names the installation for ever; set it before base_url changes, else every line item
            would be made a second time.
    """

    base_url: Address
    token_url: Address
    client_id: SecretRef
    client_secret: SecretRef
    scope: str | None = None
    auth: AuthMode | None = None
    page_size: Annotated[int, Field(ge=1, le=50_000)] | None = None
    max_in_flight: Annotated[int, Field(ge=1, le=32)] | None = None
    system_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
