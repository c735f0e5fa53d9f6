"""The OneRoster 1.1 client: a `GradeSink` for any provider that a profile describes.

Reads page by `limit`, the Link header, where that is missing by X-Total-Count, and where that is missing too
until a page is short; writes are one PUT per object with our own id, so that repeating one is safe for the
SIS.

Source: OneRoster 1.1 REST binding as repeated in public client libraries and conformance tests; Link and
X-Total-Count from section 3.4 there; read 2026-11. Nothing here was tried against a vendor's server.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pandas as pd
from pydantic import BaseModel

from gradeflow.errors import OutsideError, PermanentError
from gradeflow.model.gradebook import LineItemWrite, ResultWrite, SisReference, StoredLineItem, StoredResult
from gradeflow.ports import Calls, CheckResult, Connector, ConnectorContext, GradeSink
from gradeflow.sis.gradebook import (
    Writer,
    map_line_items,
    map_results,
    path_of,
    stored_line_item,
    stored_result,
)
from gradeflow.sis.profile import OneRosterProfile, OneRosterSettings
from gradeflow.sis.records import Record, id_of, raw_of, unwrap
from gradeflow.sis.reference import map_categories, map_enrolments, map_people, map_periods, map_sections
from gradeflow.transport.address import installation_of
from gradeflow.transport.answers import Vendor, code_word, json_or_none, shown_path
from gradeflow.transport.auth import ClientCredentials
from gradeflow.transport.http import HttpClient
from gradeflow.transport.together import together

# Path, the list's name in the answer by the standard, and the name a single object is wrapped in.
_LISTS = {
    "/classes": ("classes", "class"),
    "/gradingPeriods": ("academicSessions", "academicSession"),
    "/categories": ("categories", "category"),
    "/students": ("users", "user"),
    "/teachers": ("users", "user"),
    "/enrollments": ("enrollments", "enrollment"),
}


@dataclass(slots=True)
class OneRosterSink:
    """One SIS installation, open for reading and writing."""

    profile: OneRosterProfile
    system_id: str
    http: HttpClient
    context: ConnectorContext
    page_size: int
    calls: Calls
    allocates_ids: bool = False

    async def check(self) -> list[CheckResult]:
        """Read one record of each kind; stop at the first that fails, the rest would fail alike."""
        results: list[CheckResult] = []
        for path in ("/gradingPeriods", "/classes", "/categories", "/teachers"):
            try:
                body = await self.http.get(path, {"limit": "1", "offset": "0"})
                found = len(self._rows(body, path, *_LISTS[path]))
            except OutsideError as error:
                return [*results, CheckResult(f"read {path}", passed=False, detail=str(error))]
            results.append(
                CheckResult(f"read {path}", passed=found > 0, detail="readable" if found else "is empty")
            )
        return results

    async def read_reference(self) -> SisReference:
        """Read classes, grading periods, categories, people and enrollments, each list whole."""
        paths = list(_LISTS)
        lists = dict(
            zip(paths, await together(self._read(path, *_LISTS[path]) for path in paths), strict=True)
        )
        label, zone = self.profile.label, self.context.zone
        enrolments, class_teachers = map_enrolments(lists["/enrollments"], label, zone)
        return SisReference(
            sections=map_sections(lists["/classes"], label),
            grading_periods=map_periods(lists["/gradingPeriods"], label, zone),
            categories=map_categories(lists["/categories"], label),
            students=map_people(lists["/students"], label, is_teacher=False),
            enrolments=enrolments,
            teachers=map_people(lists["/teachers"], label, is_teacher=True),
            class_teachers=class_teachers,
        )

    async def read_line_items(self, section_id_sis: str) -> pd.DataFrame:
        """Read all line items of one section (frame OBSERVED_LINE_ITEMS)."""
        path = f"{path_of('classes', section_id_sis)}/lineItems"
        records = await self._read(path, "lineItems", "lineItem")
        return map_line_items(records, section_id_sis, self.profile.label, self.context.zone)

    async def read_results(self, section_id_sis: str, line_item_sis_id: str) -> pd.DataFrame:
        """Read all results of one line item (frame OBSERVED_RESULTS)."""
        path = f"{path_of('classes', section_id_sis)}{path_of('lineItems', line_item_sis_id)}/results"
        return map_results(await self._read(path, "results", "result"), line_item_sis_id, self.profile.label)

    async def put_line_item(self, write: LineItemWrite) -> StoredLineItem:
        """Create or replace one line item."""
        echo = await self._put(path_of("lineItems", write.sis_id), self._writer().line_item(write))
        return stored_line_item(echo, write.sis_id, self.context.zone)

    async def put_result(self, write: ResultWrite) -> StoredResult:
        """Create or replace one result."""
        echo = await self._put(path_of("results", write.sis_id), self._writer().result(write))
        return stored_result(echo, write.sis_id)

    def _writer(self) -> Writer:
        return Writer(self.profile, self.http.base_url, self.context.zone, self.context.as_of)

    async def _put(self, path: str, body: Any) -> Any:
        echo = await self.http.put(path, body)
        if isinstance(echo, dict) and code_word(echo.get("imsx_codeMajor")) == "failure":
            raise PermanentError(
                f"PUT {shown_path(path)} was answered as done, but its body says failure ({_minor_code(echo)})",
                system=self.profile.label,
                code="SIS_REFUSED",
            )
        return echo

    async def _read(self, path: str, name: str, wrapper: str) -> list[Record]:
        """Read a list whole, by Link, then by the total, then until a page is short.

        Each page is asked from the number of different rows so far: one that comes twice then makes pages
        overlap, and hides none.

        Raises:
            PermanentError: the list may be cut (code LIST_INCOMPLETE), as where a provider ignores `offset`.
        """
        records: list[Record] = []
        known: set[str] = set()
        ids: set[str | None] = set()
        total: int | None = None
        while True:
            rows_before, ids_before, count, is_linked = len(known), len(ids), 0, False
            params = {"limit": str(self.page_size), "offset": str(rows_before)}
            async for page in self.http.pages(path, params):
                rows = self._rows(page.body, path, name, wrapper)
                records += [record for _, record in rows if record is not None]
                known |= {key for key, _ in rows}
                ids |= {id_of(record) for _, record in rows}
                count += len(rows)
                total = total if page.total is None else page.total
                is_linked = is_linked or page.is_linked
            if total is None:
                is_end, is_stuck = is_linked or count < self.page_size, len(ids) == ids_before
            else:
                is_end, is_stuck = len(known) >= total, len(known) == rows_before
            if is_end:
                return records
            if is_stuck:
                says = "does not say how many" if total is None else f"says it has {total}"
                raise PermanentError(
                    f"GET {path} {says} records but gave only {rows_before}, then nothing new: nothing of it"
                    " is used. Does the provider page by offset?",
                    system=self.profile.label,
                    code="LIST_INCOMPLETE",
                )

    def _rows(self, body: Any, path: str, name: str, wrapper: str) -> list[tuple[str, Record | None]]:
        """Give each row with what tells it from others."""
        rows = _list_in(body, name)
        found = [(row, unwrap(row, wrapper)) for row in rows or ()]
        if rows is None or (path != "/teachers" and any(record is None for _, record in found)):
            raise PermanentError(
                f"GET {path} answered no list of records with sourcedId: is base_url right (it ends with"
                " /ims/oneroster/v1p1 at most vendors)?",
                system=self.profile.label,
                code="ANSWER_UNREADABLE",
            )
        return [(_row_key(row, record, wrapper), record) for row, record in found]


def _row_key(row: Any, record: Record | None, wrapper: str) -> str:
    """Tell one row from another: by its id, or by its content where it has none.

    Users go by content too, since one may be listed once per school; the time stamp may be that of the answer.
    """
    if record is not None and wrapper != "user":
        return id_of(record) or ""
    return raw_of({**record, "dateLastModified": None} if record is not None else row)


def _list_in(body: Any, name: str) -> list[Any] | None:
    """Find the list: bare, under its name, or as the only list there is."""
    if isinstance(body, list):
        return body
    if not isinstance(body, dict):
        return None
    if isinstance(body.get(name), list):
        return list(body[name])
    lists = [value for value in body.values() if isinstance(value, list)]
    return lists[0] if len(lists) == 1 else None


def _minor_code(body: Any) -> str | None:
    """Give the minor code of a status payload: text in 1.1, an object in 1.2, foreign elsewhere."""
    if not isinstance(body, dict):
        return None
    fields = {key.lower(): value for key, value in body.items() if isinstance(key, str)}
    minor = fields.get("imsx_codeminor")
    if isinstance(minor, dict):
        entries = minor.get("imsx_codeMinorField")
        entry = entries[0] if isinstance(entries, list) and entries else entries
        minor = entry.get("imsx_codeMinorFieldValue") if isinstance(entry, dict) else None
    candidates = [minor, fields.get("code"), fields.get("errorcode"), fields.get("error")]
    return next((word for word in map(code_word, candidates) if word), None)


def _error_word(response: httpx.Response) -> str | None:
    return _minor_code(json_or_none(response))


def vendor_of(profile: OneRosterProfile) -> Vendor:
    """Say what a provider's answers mean to the transport."""
    return Vendor(
        label=profile.label,
        renew=profile.renew,
        widen=profile.widen,
        forbidden_code="LICENSE_MISSING",
        refused_code="SIS_REFUSED",
        gone_code="SIS_PARENT_GONE",
        error_word=_error_word,
    )


EXAMPLE = """\
  base_url: https://sis.example/ims/oneroster/v1p1   # ask the SIS's administrator; it cannot be guessed
  token_url: https://sis.example/oauth/token         # likewise
  client_id: {{env: {upper}_SIS_CLIENT_ID}}
  client_secret: {{env: {upper}_SIS_CLIENT_SECRET}}
"""


def connector(profile: OneRosterProfile) -> Connector[GradeSink]:
    """Register a provider: all that its own file needs to call."""

    def _open(settings: BaseModel, context: ConnectorContext) -> AbstractAsyncContextManager[GradeSink]:
        if not isinstance(settings, OneRosterSettings):
            msg = f"{profile.kind} is opened with OneRosterSettings"
            raise TypeError(msg)
        return _opened(profile, settings, context)

    return Connector(
        kind=profile.kind,
        label=profile.label,
        settings=OneRosterSettings,
        open=_open,
        evidence=profile.evidence,
        limits=profile.limits,
        example=EXAMPLE,
    )


@asynccontextmanager
async def _opened(
    profile: OneRosterProfile, settings: OneRosterSettings, context: ConnectorContext
) -> AsyncIterator[GradeSink]:
    calls = Calls()
    auth = ClientCredentials(
        label=profile.label,
        token_url=settings.token_url,
        client_id=context.read_secret(settings.client_id),
        client_secret=context.read_secret(settings.client_secret),
        renew=profile.renew,
        scope=settings.scope or profile.scopes,
        mode=settings.auth or profile.auth_mode,
    )
    in_flight = settings.max_in_flight or min(profile.max_concurrency, context.max_in_flight)
    async with HttpClient(
        vendor_of(profile), settings.base_url, auth, calls, max_in_flight=in_flight
    ) as http:
        yield OneRosterSink(
            profile=profile,
            system_id=settings.system_id or f"{profile.kind}:{installation_of(settings.base_url)}",
            http=http,
            context=context,
            page_size=settings.page_size or profile.page_size,
            calls=calls,
        )
