"""Aeries through its own API, version 5: a `GradeSink` that writes many scores at once and reads them back free.

Authorised by one certificate in the header AERIES-CERT. An assignment bears our id as `ExternalID` and is known
by `UniqueID` from then on: its number may be changed by its teacher. Inserting is not safe to repeat, so the
section's assignments are listed first. There is no way to write that a student is excused, and none to delete.

Source: Aeries "API full documentation" and "Gradebook-related end points", the vendor's PowerShell module
(Invoke-AeriesApiCall, New- and Edit-AeriesGradebookAssignment), read 2026-11. Nothing here was tried against a
vendor's server.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pandas as pd

from gradeflow.errors import CredentialError, OutsideError, PermanentError
from gradeflow.model.gradebook import LineItemWrite, ResultWrite, SisReference, StoredLineItem, StoredResult
from gradeflow.ports import CheckResult
from gradeflow.sis.aeries_v5_reader import API, AeriesSettings, Reader, place_of
from gradeflow.sis.aeries_v5_records import (
    LABEL,
    changed_assignment,
    code_of,
    map_assignments,
    map_scores,
    new_assignment,
    new_score,
    stored_assignment,
    stored_scores,
    unique_id,
)
from gradeflow.sis.aeries_v5_reference import (
    Gradebook,
    choose,
    map_categories,
    map_class_teachers,
    map_seats,
    map_sections,
    map_staff,
    map_students,
    map_terms,
    refusal,
    section_key,
)
from gradeflow.sis.row_outcomes import Scores, unnamed
from gradeflow.sis.row_sink import RowSink
from gradeflow.transport.records import Record, text_of
from gradeflow.transport.together import together

RESULT_BATCH = 200


@dataclass(slots=True, kw_only=True)
class AeriesSink(RowSink):
    """One Aeries site, open for reading and writing."""

    settings: AeriesSettings
    reader: Reader
    result_batch: int = RESULT_BATCH

    async def check(self) -> list[CheckResult]:
        """Read schools, sections and one section's gradebooks; stop at the first that fails."""
        results: list[CheckResult] = []
        try:
            schools = await self.reader.schools()
            results.append(_line("read schools", len(schools)))
            sections = [one for school in schools for one in await self.reader.sections(school)]
            results.append(_line("read sections (Master Schedule)", len(sections)))
            for section in sections[:1]:
                found = await self.reader.listed(place_of(section_key(section), "gradebooks"))
                detail = f"readable, {len(found)} in the first section"
                results.append(CheckResult("read gradebooks (Gradebook Data)", passed=True, detail=detail))
        except OutsideError as error:
            names = ("read schools", "read sections (Master Schedule)", "read gradebooks (Gradebook Data)")
            return [*results, CheckResult(names[len(results)], passed=False, detail=str(error))]
        return results

    async def read_reference(self) -> SisReference:
        """Read schools, sections, people, and each active section's gradebooks with who sits in them."""
        roster, zone = await self.reader.people(), self.context.zone
        staff, places = await self.reader.listed("/staff"), self.reader.active_places(roster)
        found = await together(self.reader.gradebooks_of(place) for place in places)
        seats = await together(self.reader.seats(one) for one in found)
        today = self.context.as_of.astimezone(zone).date()
        roster.staff = staff
        return SisReference(
            sections=map_sections(roster),
            grading_periods=map_terms(roster.schools, self.settings.period_id, zone),
            categories=map_categories(dict(zip(places, found, strict=True))),
            students=map_students(roster),
            enrolments=map_seats(dict(zip(places, seats, strict=True)), roster.student_ids, zone),
            teachers=map_staff(staff, self.settings.teacher_id),
            class_teachers=map_class_teachers(roster, self.settings.teacher_id, today, zone),
        )

    async def read_line_items(self, section_id_sis: str) -> pd.DataFrame:
        """Read all assignments of all gradebooks of one section (frame OBSERVED_LINE_ITEMS).

        Raises:
            PermanentError: the section has no gradebook (code GRADEBOOK_MISSING): not the same as no assignment.
        """
        found = await self.reader.gradebooks_of(section_id_sis)
        if not found:
            choose(found, section_id_sis, dt.date.min, None)
        lists = await together(self.reader.listed(f"/gradebooks/{one.number}/assignments") for one in found)
        records = [record for records in lists for record in records]
        return map_assignments(records, section_id_sis, self.context.zone)

    async def read_results(self, section_id_sis: str, line_item_sis_id: str) -> pd.DataFrame:
        """Read all cells of one assignment (frame OBSERVED_RESULTS); a blank cell has no status."""
        students = (await self.reader.people()).student_ids
        records = await self.reader.listed(
            f"/gradebooks/assignments/{quote(line_item_sis_id, safe='')}/scores"
        )
        return map_scores(records, line_item_sis_id, students)

    async def put_line_item(self, write: LineItemWrite) -> StoredLineItem:
        """Insert an assignment, unless one with our ExternalID is there already, or update one.

        Raises, beyond the port's words:
            PermanentError: the section's gradebook or the category is not certain; Aeries would take the first
                category without a word.
        """
        if not write.is_create:
            present = (
                json.loads(write.observed_raw)
                if write.observed_raw
                else await self.reader.assignment(write.sis_id)
            )
            return await self._update(write, present)
        gradebook = await self._gradebook_for(write)
        code = self._code(write, gradebook.codes)
        ours = [
            json.loads(raw)
            for raw, external in (await self.read_line_items(write.section_id_sis))[
                ["raw", "external_id"]
            ].itertuples(index=False)
            if external == write.sis_id
        ]
        if len(ours) > 1:
            raise refusal(
                f"section {write.section_id_sis} has {len(ours)} assignments with our one ExternalID: delete all but"
                " the one that holds the scores, in Aeries",
                "LIKELY_DUPLICATE",
            )
        if ours:
            return await self._update(write, ours[0])
        answer = await self._write(
            "POST", f"/gradebooks/{gradebook.number}/Assignments", new_assignment(write, code)
        )
        return self._stored(write, answer, "ExternalID")

    async def put_results(self, writes: Sequence[ResultWrite]) -> list[StoredResult | OutsideError]:
        """Write scores of one assignment; the answer holds all its cells, so that each is read back.

        A refusal of many does not say whose it is: they are then sent one by one.
        """
        students = (await self.reader.people()).student_ids

        def build(write: ResultWrite) -> tuple[int, dict[str, Any]]:
            if write.status != "graded":
                raise refusal(
                    "Aeries takes no excuse through this interface, and a 0 would be wrong: have the teacher"
                    " type NA",
                    "EXCUSED_NOT_WRITABLE",
                )
            student = students.key_of(write.student_id_sis)
            return student, new_score(write, student, _present(write))

        scores = Scores.built(writes, build)
        if scores.going:
            sent = await self._send(writes[0].line_item_sis_id, list(scores.going.values()))
            scores.settle(dict(zip(scores.going, sent, strict=True)))
        return scores.in_order()

    async def _send(
        self, assignment: str, rows: Sequence[tuple[int, dict[str, Any]]]
    ) -> list[StoredResult | OutsideError]:
        path = f"/gradebooks/assignments/{quote(assignment, safe='')}/Scores"
        try:
            answer = await self._write("POST", path, [row for _, row in rows])
        except PermanentError as error:
            if len(rows) == 1 or error.code != "SIS_REFUSED":
                return [error] * len(rows)
            return await self._send_alone(assignment, rows)
        return list(stored_scores(answer, assignment, [student for student, _ in rows]))

    async def _send_alone(
        self, assignment: str, rows: Sequence[tuple[int, dict[str, Any]]]
    ) -> list[StoredResult | OutsideError]:
        """Send one by one. What fails on the way is that row's own: those before it are stored."""
        outcomes: list[StoredResult | OutsideError] = []
        for at, row in enumerate(rows):
            try:
                outcomes += await self._send(assignment, [row])
            except CredentialError as error:
                return outcomes + [error] * (len(rows) - at)
            except OutsideError as error:
                outcomes.append(error)
        return outcomes

    async def _update(self, write: LineItemWrite, present: Record) -> StoredLineItem:
        number = text_of(present.get("GradebookNumber"))
        gradebooks = {one.number: one for one in await self.reader.gradebooks_of(write.section_id_sis)}
        if number not in gradebooks:
            raise refusal(
                f"the assignment is in gradebook {number}, which is not of section {write.section_id_sis} any more:"
                " was the gradebook taken from the section in Aeries?",
                "GRADEBOOK_MISSING",
            )
        code = None if write.category_id_sis is None else self._code(write, gradebooks[number].codes)
        path = f"/gradebooks/Assignments/{quote(unique_id(present), safe='')}"
        answer = await self._write("PUT", path, changed_assignment(write, code, present))
        return self._stored(write, answer, "UniqueID", unique_id(present))

    def _stored(
        self, write: LineItemWrite, answer: Any, name: str, value: str | None = None
    ) -> StoredLineItem:
        """Find our assignment among those that an insert or update answered.

        Raises:
            AmbiguousDeliveryError: an insert was answered without it: its id is unknown.
        """
        rows = answer if isinstance(answer, list) else [answer]
        wanted = value or write.sis_id
        for row in rows:
            if isinstance(row, Mapping) and text_of(row.get(name)) == wanted and row.get("UniqueID"):
                return stored_assignment(row, write.section_id_sis, self.context.zone)
        if value is not None:
            return StoredLineItem(value)
        raise unnamed(LABEL, "POST of an assignment was answered as done, but without the assignment")

    async def _gradebook_for(self, write: LineItemWrite) -> Gradebook:
        named = self.settings.gradebooks.get(write.section_id_sis)
        found = await self.reader.gradebooks_of(write.section_id_sis)
        day = dt.date.fromisoformat(write.due_date)
        return choose(found, write.section_id_sis, day, None if named is None else str(named))

    def _code(self, write: LineItemWrite, codes: Mapping[str, str]) -> str:
        code = code_of(write.section_id_sis, write.category_id_sis)
        if code is None or code not in codes:
            raise refusal(
                f"section {write.section_id_sis}'s gradebook has no such category; Aeries would silently take its"
                " first one. Map it in the district file to one that is there, or add it in Aeries. There are:"
                f" {', '.join(sorted(codes)) or 'none'}",
                "CATEGORY_GONE",
            )
        return code

    async def _write(self, method: str, path: str, body: Any) -> Any:
        return (await self.http.write(method, API + path, body, self.reader.params())).body


def _present(write: ResultWrite) -> Record:
    present: Record = json.loads(write.observed_raw) if write.observed_raw else {}
    return present


def _line(name: str, found: int) -> CheckResult:
    return CheckResult(name, passed=found > 0, detail="readable" if found else "is empty")
