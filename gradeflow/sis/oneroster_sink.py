"""One OneRoster provider, open for reading and writing: a `GradeSink`, and a `BulkGradeSink` where it takes many.

Writes are one PUT per object with our own id, so that repeating one is safe for the SIS; or one POST for many, which
is never repeated unasked.

Source: OneRoster 1.1 and 1.2, rostering and gradebook services, as public client libraries and Google's conformance
tests repeat them; read 2026-11. Nothing here was tried against a vendor's server.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gradeflow.errors import AmbiguousDeliveryError, OutsideError, PermanentError
from gradeflow.model.gradebook import LineItemWrite, ResultWrite, SisReference, StoredLineItem, StoredResult
from gradeflow.ports import Calls, CheckResult, ConnectorContext
from gradeflow.sis.gradebook import (
    allocated_ids,
    map_line_items,
    map_results,
    stored_line_item,
    stored_result,
)
from gradeflow.sis.oneroster_answers import NO_SUCH_CALL, without_terms
from gradeflow.sis.oneroster_bodies import Writer
from gradeflow.sis.oneroster_check import check
from gradeflow.sis.profile import OneRosterProfile
from gradeflow.sis.reference import (
    last_days_of,
    map_categories,
    map_categories_by_class,
    map_enrolments,
    map_people,
    map_periods,
    map_sections,
)
from gradeflow.transport.http import Written
from gradeflow.transport.oneroster import path_of
from gradeflow.transport.oneroster_answers import refuse_failure
from gradeflow.transport.oneroster_lists import (
    CATEGORIES,
    CLASSES,
    ENROLLMENTS,
    LINE_ITEMS,
    RESULTS,
    SESSIONS,
    STUDENTS,
    TEACHERS,
    ListReader,
)
from gradeflow.transport.together import together


@dataclass(slots=True)
class OneRosterSink:
    """One SIS installation.

    Attributes:
        roster, gradebook: readers of its two services.
        writer: makes what is sent.
        categories_by_class: whether its categories are asked for class by class.
        reads_terms: whether it is asked when terms end.
        line_items_name: how it spells `lineItems` in addresses.
        line_item_batch, result_batch: how many go in one POST; back to 1 once it refuses such a call.
    """

    profile: OneRosterProfile
    system_id: str
    roster: ListReader
    gradebook: ListReader
    writer: Writer
    context: ConnectorContext
    calls: Calls
    allocates_ids: bool = False
    clears_results: bool = False
    categories_by_class: bool = False
    reads_terms: bool = False
    line_items_name: str = "lineItems"
    line_item_batch: int = 1
    result_batch: int = 1

    async def check(self) -> list[CheckResult]:
        """Read one record of each kind; stop at the first that fails, the rest would fail alike."""
        return await check(
            self.profile,
            self.writer.version,
            self.roster,
            self.gradebook,
            self.line_items_name,
            reads_terms=self.reads_terms,
        )

    async def read_reference(self) -> SisReference:
        """Read classes, grading periods, categories, people and enrollments, each list whole; terms where told."""
        lists = {
            "/classes": (self.roster, CLASSES),
            "/gradingPeriods": (self.roster, SESSIONS),
            "/students": (self.roster, STUDENTS),
            "/teachers": (self.roster, TEACHERS),
            "/enrollments": (self.roster, ENROLLMENTS),
        }
        if not self.categories_by_class:
            lists["/categories"] = (self.gradebook, CATEGORIES)
        jobs = (reader.whole(path, name) for path, (reader, name) in lists.items())
        found = dict(zip(lists, await together(jobs), strict=True))
        label, zone = self.profile.label, self.context.zone
        sections = map_sections(found["/classes"], label, await self._last_days())
        enrolments, class_teachers = map_enrolments(found["/enrollments"], label, zone)
        return SisReference(
            sections=sections,
            grading_periods=map_periods(found["/gradingPeriods"], label, zone),
            categories=map_categories(found["/categories"], label)
            if "/categories" in found
            else await self._categories(list(sections.section_id_sis[sections.is_active])),
            students=map_people(found["/students"], label, is_teacher=False),
            enrolments=enrolments,
            teachers=map_people(found["/teachers"], label, is_teacher=True),
            class_teachers=class_teachers,
        )

    async def _last_days(self) -> dict[str, dt.date] | None:
        """Read when terms end; None where that is not asked for."""
        if not self.reads_terms:
            return None
        try:
            terms = await self.roster.whole("/academicSessions", SESSIONS)
        except OutsideError as error:
            raise without_terms(error) from None
        return last_days_of(terms, self.profile.label, self.context.zone)

    async def _categories(self, sections: Sequence[str]) -> pd.DataFrame:
        paths = [f"{path_of('classes', section)}/categories" for section in sections]
        lists = await together(self.gradebook.whole(path, CATEGORIES) for path in paths)
        return map_categories_by_class(dict(zip(sections, lists, strict=True)), self.profile.label)

    async def read_line_items(self, section_id_sis: str) -> pd.DataFrame:
        """Read all line items of one section (frame OBSERVED_LINE_ITEMS)."""
        path = f"{path_of('classes', section_id_sis)}/{self.line_items_name}"
        records = await self.gradebook.whole(path, LINE_ITEMS)
        return map_line_items(records, section_id_sis, self.profile.label, self.context.zone)

    async def read_results(self, section_id_sis: str, line_item_sis_id: str) -> pd.DataFrame:
        """Read all results of one line item (frame OBSERVED_RESULTS)."""
        item = path_of(self.line_items_name, line_item_sis_id)
        path = f"{path_of('classes', section_id_sis)}{item}/results"
        return map_results(await self.gradebook.whole(path, RESULTS), line_item_sis_id, self.profile.label)

    async def put_line_item(self, write: LineItemWrite) -> StoredLineItem:
        """Create or replace one line item."""
        path = path_of(self.line_items_name, write.sis_id)
        echo = (await self._send("PUT", path, {"lineItem": self.writer.line_item(write)})).body
        return stored_line_item(echo, write.sis_id, self.context.zone)

    async def put_result(self, write: ResultWrite) -> StoredResult:
        """Create or replace one result; a blank one is deleted.

        What a provider makes of a result without a score is not written anywhere, version 1.1 demands the number;
        that a deleted one is gone from the list is what Google's conformance tests ask of a provider.
        """
        path = path_of("results", write.sis_id)
        if write.status == "blank":
            await self._send("DELETE", path, None)
            return StoredResult(write.sis_id, is_echoed=False)
        echo = (await self._send("PUT", path, {"result": self.writer.result(write)})).body
        return stored_result(echo, write.sis_id)

    async def put_line_items(self, writes: Sequence[LineItemWrite]) -> list[StoredLineItem | OutsideError]:
        """Create line items of one section in one POST; the answer names their ids and nothing else."""
        path = f"{path_of('classes', writes[0].section_id_sis)}/{self.line_items_name}"
        body = {"lineItems": [self.writer.line_item(write) for write in writes]}
        try:
            ids = allocated_ids((await self._send("POST", path, body)).body)
        except PermanentError as error:
            if error.status in NO_SUCH_CALL:
                self.line_item_batch = 1
            raise
        return [
            StoredLineItem(ids[write.sis_id]) if write.sis_id in ids else self._unnamed() for write in writes
        ]

    async def put_results(self, writes: Sequence[ResultWrite]) -> list[StoredResult | OutsideError]:
        """Create results of one line item in one POST, and replace those that are there by a PUT each.

        What a POST makes of an id that it knows is not written anywhere: another provider's may be a second result.
        """
        new = [write for write in writes if write.observed_raw is None and write.status != "blank"]
        stored: dict[str, StoredResult | OutsideError] = {}
        if len(new) > 1:
            stored |= await self._post_results(new)
        alone = [write for write in writes if write.sis_id not in stored]
        stored |= zip((write.sis_id for write in alone), await together(map(self._put, alone)), strict=True)
        return [stored[write.sis_id] for write in writes]

    async def _post_results(self, writes: Sequence[ResultWrite]) -> dict[str, StoredResult | OutsideError]:
        path = f"{path_of(self.line_items_name, writes[0].line_item_sis_id)}/results"
        try:
            answer = await self._send("POST", path, {"results": [self.writer.result(one) for one in writes]})
        except PermanentError as error:
            if error.status in NO_SUCH_CALL:
                self.result_batch = 1
            raise
        ids = allocated_ids(answer.body)
        return {
            one.sis_id: StoredResult(ids[one.sis_id], is_echoed=False)
            if one.sis_id in ids
            else self._unnamed()
            for one in writes
        }

    async def _put(self, write: ResultWrite) -> StoredResult | OutsideError:
        try:
            return await self.put_result(write)
        except OutsideError as error:
            return error

    async def _send(self, method: str, path: str, body: Any) -> Written:
        answer = await self.gradebook.http.write(method, path, body)
        refuse_failure(self.gradebook.http.vendor, method, path, answer.body)
        return answer

    def _unnamed(self) -> OutsideError:
        return AmbiguousDeliveryError(
            "the answer to a call of many does not name this one: it is read back before it is sent again",
            system=self.profile.label,
            code="OUTCOME_UNKNOWN",
        )
