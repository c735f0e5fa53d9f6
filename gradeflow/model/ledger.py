"""What the delivery ledger and the run history are made of; what comes in thousands is a frame."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Action = Literal["create", "update"]
Outcome = Literal["confirmed", "rejected", "retryable", "unknown"]
RunStatus = Literal["running", "completed", "completed_with_errors", "held_by_breaker", "failed"]

FIELDS: Final = ("title", "assign_date", "due_date", "category", "points", "period")
"""The fields of a line item of which is remembered what was sent and stored."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write for one district; void as soon as another run took it over.

    Attributes:
        ttl_seconds: how long it lives after each renewal; longer than the request timeout.
        took_over_run: the run whose expired or orphaned lease this one replaced.
    """

    district: str
    district_key: int
    run_id: str
    holder: str
    token: str
    ttl_seconds: float
    took_over_run: str | None = None


@dataclass(frozen=True, slots=True)
class ResultValue:
    """A result's value is score and status together; None and None is a blank cell."""

    score_e4: int | None
    status: str | None


BLANK: Final = ResultValue(None, None)
"""A cell without a score."""

CLEARED: Final = "cleared"
"""The origin of a score that was taken back, and of the base that it leaves."""


@dataclass(frozen=True, slots=True)
class ResultIntent:
    """One score about to be sent. `base_version` is the plan's; 0 where the result has no base yet.

    `sent` BLANK: a score is about to be taken back. `attempt`: of which attempt the score is, for the audit; None:
    the LMS does not tell.
    """

    result_key: int
    action: Action
    sent: ResultValue
    origin: str
    payload_digest: str
    plan_digest: str
    base_version: int
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class LineItemIntent:
    """One line item about to be sent; `sent` has the fields that we own in this call, normalised."""

    line_item_key: int
    action: Action
    sent: Mapping[str, str | None]
    payload_digest: str
    plan_digest: str
    base_version: int


Intent = ResultIntent | LineItemIntent


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """An intent whose outcome nobody knows: the SIS has to be read before anything is sent again."""

    intent_id: int
    run_id: str
    state: Literal["intended", "unknown"]
    intended_at: dt.datetime
    intent: Intent


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one intent.

    Attributes:
        code: the reason code where it was not confirmed.
        stored: what the SIS says it stored; None, and a field that is not named: the same as was sent.
        sis_id: a line item's id in the SIS, where it is confirmed.
    """

    intent_id: int
    state: Outcome
    code: str | None = None
    stored: ResultValue | Mapping[str, str | None] | None = None
    sis_id: str | None = None


@dataclass(frozen=True, slots=True)
class Extract:
    """Which immutable file holds one partition of one asset."""

    asset: str
    district: str
    partition_key: str
    path: str
    digest: str
    run_id: str
    rows: int
    written_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run means to do, addressed by its digest, and all that it was derived from."""

    run_id: str
    district: str
    digest: str
    path: str
    counts: Mapping[str, Any]
    created_at: dt.datetime
    extract_digest: str
    rules_digest: str
    settings_digest: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one district, as `status` and the history show it.

    Attributes:
        started_by: who asked for it, as they named themselves; "schedule" for the schedule; None: nobody said.
    """

    run_id: str
    district: str
    job: str
    route: str
    as_of: dt.datetime
    started_at: dt.datetime
    partition_from: str | None = None
    partition_to: str | None = None
    settings_digest: str | None = None
    rules_digest: str | None = None
    status: RunStatus = "running"
    line_items: Mapping[str, int] = field(default_factory=dict)
    results: Mapping[str, int] = field(default_factory=dict)
    findings: Mapping[str, int] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=lambda: {"lms": 0, "sis_read": 0, "sis_write": 0})
    message: str | None = None
    ended_at: dt.datetime | None = None
    seconds: float | None = None
    started_by: str | None = None


@dataclass(frozen=True, slots=True)
class AuditFault:
    """The first row at which the audit chain does not hold."""

    seq: int
    problem: str
