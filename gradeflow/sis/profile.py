"""What differs between OneRoster providers, as data: one profile per SIS.

Limits that decide whether a score passes (title length, whole points, decimals, what becomes of a category that
a teacher changed) are rules and not here. Only a result is ever deleted, where a district asks for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gradeflow.model.gradebook import ResultStatus
from gradeflow.ports import Evidence
from gradeflow.transport.oneroster import Version
from gradeflow.transport.oneroster_access import READING, AuthName, scope_text

IdMode = Literal["client", "server"]
Needed = Literal["category", "gradingPeriod", "school"]


def scopes_of(version: Version, *, is_bulk: bool = False, deletes: bool = False) -> str:
    """Give the scopes that a run asks for: to read all, to write line items and results.

    Args:
        deletes: whether results are deleted too.

    >>> scopes_of("1.1").split()[-1]
    'https://purl.imsglobal.org/spec/or/v1p1/scope/gradebook.createput'

    Source: OneRoster 1.1 and 1.2, security; read 2026-11.
    """
    bulk = ("gradebook.createpost",) if is_bulk else ()
    delete = ("gradebook.delete",) if deletes else ()
    return scope_text(version, (*READING, "gradebook.createput", *bulk, *delete))


@dataclass(frozen=True, slots=True)
class Pace:
    """How many requests at one time.

    Attributes:
        most: at any time.
        peak: during `peak_hours` of a school day (Monday to Friday, the district's time), where fewer are wanted.
    """

    most: int = 8
    peak: int | None = None
    peak_hours: tuple[dt.time, dt.time] = (dt.time(6), dt.time(18))

    def at(self, local: dt.datetime) -> int:
        """Say how many at a moment of the district's own time.

        >>> pace, monday = Pace(most=5, peak=1), dt.datetime(2026, 11, 16, 9, 30)
        >>> pace.at(monday), pace.at(monday.replace(hour=3)), pace.at(monday - dt.timedelta(days=1))
        (1, 5, 5)
        """
        begin, end = self.peak_hours
        is_peak = local.weekday() < 5 and begin <= local.time() < end
        return self.peak if self.peak is not None and is_peak else self.most


@dataclass(frozen=True, slots=True)
class OneRosterProfile:
    """One provider.

    Attributes:
        kind, label, evidence, limits, needs: as in `ports.Connector`.
        renew: what to do when it refuses the credentials, in operators' words.
        widen: what to do when it refuses the right.
        versions: what it speaks; the first one where the district file names none.
        auth: how requests are authorised where the district file says nothing.
        vendor_renew: what to do when it refuses a gradebook call although roster calls pass; given where it wants
            the header `x-vendor-authorization` there.
        id_mode: whether objects keep the id that we chose ("client") or get the provider's own ("server").
        bulk_line_items, bulk_results: how many go in one POST of version 1.2; 1: it takes none. Line items only
            where ids are the provider's.
        categories_by_class: whether categories are asked for class by class (1.2 only).
        maps_categories: versions in which a line item may name a category.
        reads_terms: whether `/academicSessions` is read for the last day of each class, which no other list tells.
        requires: fields of a line item without which it refuses, beside those of the standard.
        can_delete: whether a result may be deleted there, as far as is known.
        score_status: what our status is called there.
        score_date_format: whether `scoreDate` goes as a date or as a date-time.
        due_time_encoding: how a district-local date becomes a date-time: noon there, so that no time zone
            moves it to another day, or no time at all.
        page_size: rows asked for at a time; 100 is the standard's own.
        pace: how many requests at one time.
        lower_case_paths: whether it spells `/lineitems`.
        has_number_ids: whether its students' ids are numbers, which another system may pad with zeros.
    """

    kind: str
    label: str
    evidence: Evidence
    renew: str
    widen: str
    limits: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    versions: tuple[Version, ...] = ("1.1",)
    auth: AuthName = "basic"
    vendor_renew: str | None = None
    id_mode: IdMode = "client"
    bulk_line_items: int = 1
    bulk_results: int = 1
    categories_by_class: bool = False
    maps_categories: tuple[Version, ...] = ("1.1", "1.2")
    reads_terms: bool = False
    requires: frozenset[Needed] = frozenset()
    can_delete: bool = True
    score_status: Mapping[ResultStatus, str] = field(
        default_factory=lambda: {"graded": "fully graded", "exempt": "exempt"}
    )
    score_date_format: Literal["date", "datetime"] = "date"
    due_time_encoding: Literal["noon_local", "date_only"] = "noon_local"
    page_size: int = 100
    pace: Pace = Pace()
    lower_case_paths: bool = False
    has_number_ids: bool = False
