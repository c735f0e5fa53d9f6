"""PowerSchool (PowerTeacher Pro) through a plugin of the district's own: a `GradeSink` over `/ws/xte`.

PowerSchool gives its own ids to what is created and keeps none of ours; a create answers with an empty body and an
address, so what was created is read. Scores are created or replaced by student, many in one call, which is
refused as a whole for one student who is not on the assignment. There is no call that reads scores: they come
from the table ASSIGNMENTSCORE. PowerSchool does not hold a plugin to one teacher: who may be written for is
decided before anything comes here.

Source: PowerSchool API "XTE", "V1" and "Schema" as transcribed by others, and a district's published notes of
what its test server answered; read 2026-11. Nothing here was tried against a vendor's server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gradeflow.errors import AmbiguousDeliveryError, OutsideError, PermanentError, RetriableError
from gradeflow.model.gradebook import LineItemWrite, ResultWrite, SisReference, StoredLineItem, StoredResult
from gradeflow.ports import CheckResult
from gradeflow.sis.powerschool_xte_answers import (
    conflict,
    deleted,
    students_in,
    unreadable,
)
from gradeflow.sis.powerschool_xte_directory import (
    CO_TEACHER_COLUMNS,
    map_categories,
    map_class_teachers,
    map_seats,
    map_sections,
    map_students,
    map_teachers,
    map_terms,
)
from gradeflow.sis.powerschool_xte_reader import Reader, XteSettings
from gradeflow.sis.powerschool_xte_records import (
    LABEL,
    SCORE_COLUMNS,
    changed_assignment,
    map_assignments,
    map_scores,
    new_assignment,
    new_score,
    number_of,
    parts_of,
    score_id,
    stored_assignment,
)
from gradeflow.sis.row_outcomes import Scores, unnamed
from gradeflow.sis.row_sink import RowSink
from gradeflow.transport.http import Written
from gradeflow.transport.records import Record, text_of
from gradeflow.transport.together import together

RESULT_BATCH = 100


@dataclass(slots=True, kw_only=True)
class XteSink(RowSink):
    """One PowerSchool server, open for reading and writing."""

    settings: XteSettings
    reader: Reader
    result_batch: int = RESULT_BATCH

    async def check(self) -> list[CheckResult]:
        """Read terms, sections, people and one teacher's categories; stop at the first that fails."""
        results: list[CheckResult] = []
        names = ("read tables", "read assignment categories", "read assignments", "read scores")
        try:
            directory = await self.reader.people()
            results.append(_line(names[0], f"{len(directory.sections)} sections", bool(directory.sections)))
            for dcid in list(directory.sections)[:1]:
                place = directory.section_ids.name_of(dcid) or ""
                found = await self.reader.categories_of(place)
                results.append(_line(names[1], f"{len(found)} in the first section", bool(found)))
                assignments = await self.reader.assignments(place)
                results.append(_line(names[2], f"{len(assignments)} in the first section", passed=True))
                await self.reader.count("ASSIGNMENTSCORE", "assignmentsectionid==0")
                results.append(_line(names[3], "readable", passed=True))
        except OutsideError as error:
            return [*results, CheckResult(names[len(results)], passed=False, detail=str(error))]
        return results

    async def read_reference(self) -> SisReference:
        """Read terms, sections, people, each section's seats and its teacher's categories."""
        directory, zone = await self.reader.people(), self.context.zone
        today = self.context.as_of.astimezone(zone).date()
        places = [
            name for one in directory.sections if (name := directory.section_ids.name_of(one)) is not None
        ]
        seats = await together(self.reader.seats(place) for place in places)
        led = [place for place in places if self.reader.has_teacher(directory, place)]
        # One teacher's categories are asked for once, not once per section.
        for place in {directory.acting(one, self.settings.acting_teacher): one for one in led}.values():
            await self.reader.categories_of(place)
        categories = {place: await self.reader.categories_of(place) for place in led}
        start = min(
            (text_of(term.get("firstday")) or "" for term in self.reader.own_terms(directory)), default=""
        )
        co_teachers = await self.reader.table(
            "SECTIONTEACHER", CO_TEACHER_COLUMNS, f"end_date=ge={start[:10]}", "sectionid"
        )
        return SisReference(
            sections=map_sections(directory, zone),
            grading_periods=map_terms(directory, self.settings.period_id, zone),
            categories=map_categories(directory, categories),
            students=map_students(directory),
            enrolments=map_seats(directory, dict(zip(places, seats, strict=True)), zone),
            teachers=map_teachers(directory, self.settings.teacher_id),
            class_teachers=map_class_teachers(directory, co_teachers, self.settings.teacher_id, today, zone),
        )

    async def read_line_items(self, section_id_sis: str) -> pd.DataFrame:
        """Read all assignments of one section (frame OBSERVED_LINE_ITEMS)."""
        section = (await self.reader.people()).section(section_id_sis)
        records = await self.reader.assignments(section_id_sis)
        return map_assignments(records, section_id_sis, section.dcid, self.context.zone)

    async def read_results(self, section_id_sis: str, line_item_sis_id: str) -> pd.DataFrame:
        """Read all scores of one assignment in one section (frame OBSERVED_RESULTS)."""
        _, record = parts_of(line_item_sis_id)
        students = (await self.reader.people()).student_ids
        query = f"assignmentsectionid=={record}"
        rows = await self.reader.table("ASSIGNMENTSCORE", SCORE_COLUMNS, query, "assignmentscoreid")
        if any(number_of(row.get("assignmentsectionid")) != record for row in rows):
            raise unreadable("what q asked for: it holds scores of other assignments")
        return map_scores(rows, line_item_sis_id, record, students)

    async def put_line_item(self, write: LineItemWrite) -> StoredLineItem:
        """Create an assignment in one section, or update one in all of its sections.

        Raises, beyond the port's words:
            AmbiguousDeliveryError: created, but its ids could not be read.
        """
        if not write.is_create:
            return await self._update(write)
        section, category, publish = await self._target(write)
        written = await self._write(
            "POST",
            "/ws/xte/section/assignment/",
            new_assignment(write, section, category, publish),
            write.section_id_sis,
        )
        found = re.search(r"(\d{1,15})/?$", written.location or "")
        try:
            record = await self.reader.assignment(int(found[1]), write.section_id_sis) if found else {}
            stored = (
                stored_assignment(record, write.section_id_sis, section, self.context.zone)
                if record
                else None
            )
        except (
            OutsideError
        ):  # also where our key is refused by now: it is there, and must not count as not sent
            stored = None
        if stored is None:
            raise unnamed(LABEL, "an assignment was created, but its ids could not be read")
        return stored

    async def put_results(self, writes: Sequence[ResultWrite]) -> list[StoredResult | OutsideError]:
        """Write scores of one assignment. Where one student spoils the call, the others are sent again."""
        students = (await self.reader.people()).student_ids

        def build(write: ResultWrite) -> dict[str, Any]:
            _, record = parts_of(write.line_item_sis_id)
            return new_score(write, students.key_of(write.student_id_sis), record)

        scores = Scores.built(writes, build)
        while scores.going:
            written = await self._score(writes[0], list(scores.going.values()))
            if written.status != 409:
                scores.settle({at: _silent(row) for at, row in scores.going.items()})
                break
            named = students_in(written.body)
            spoiling = [at for at, row in scores.going.items() if row["studentsdcid"] in named]
            refused = conflict(written.body, "PUT of a score", is_named=bool(named))
            scores.settle(dict.fromkeys(spoiling or list(scores.going), refused))
        return scores.in_order()

    async def _score(self, write: ResultWrite, rows: list[dict[str, Any]]) -> Written:
        section = (await self.reader.people()).section(write.section_id_sis)
        params = {"status": "A", "term_id": str(section.term)}
        body = {"assignment_scores": rows}
        written = await self._send("PUT", "/ws/xte/score", body, write.section_id_sis, params)
        if written.status == 500:
            raise await self._lost_parent(write.section_id_sis, write.line_item_sis_id)
        return written

    async def _lost_parent(self, section_id_sis: str, line_item_sis_id: str) -> OutsideError:
        """Say what a 500 about a missing AssignmentSection was: the assignment is gone, or nobody knows."""
        items = await self.read_line_items(section_id_sis)
        if line_item_sis_id not in set(items["sis_id"]):
            return deleted("PUT", 500)
        return AmbiguousDeliveryError(
            "PUT of a score was answered 500: it may or may not have been stored, and is read back",
            system=LABEL,
            code="OUTCOME_UNKNOWN",
            status=500,
        )

    async def _update(self, write: LineItemWrite) -> StoredLineItem:
        assignment, record = parts_of(write.sis_id)
        if write.observed_raw:
            present: Record = json.loads(write.observed_raw)
        else:
            present = await self._present(assignment, write.section_id_sis)
        category = None if write.category_id_sis is None else (await self._target(write))[1]
        body = changed_assignment(write, present, record, category)
        path = f"/ws/xte/section/assignment/{assignment}"
        # Where the maximum moves our scores go again one by one; PowerSchool shall not convert them on its own.
        written = await self._write("PUT", path, body, write.section_id_sis, {"update_scores": "false"})
        section = (await self.reader.people()).section(write.section_id_sis)
        if isinstance(written.body, Mapping) and isinstance(written.body.get("_assignmentsections"), list):
            stored = stored_assignment(written.body, write.section_id_sis, section.dcid, self.context.zone)
            if stored is not None:
                return stored
        return StoredLineItem(write.sis_id)

    async def _present(self, assignment: int, section_id_sis: str) -> Record:
        """Read an assignment that is about to be changed.

        Raises:
            PermanentError: it was deleted (code SIS_PARENT_GONE).
        """
        try:
            return await self.reader.assignment(assignment, section_id_sis)
        except PermanentError as error:
            if error.code != "NOT_FOUND":
                raise
        raise deleted("GET", 404)

    async def _target(self, write: LineItemWrite) -> tuple[int, int, str | None]:
        """Give SECTIONS.DCID, the category's id and how it publishes.

        Raises:
            PermanentError: the category is none that the section's teacher has.
        """
        section = (await self.reader.people()).section(write.section_id_sis)
        start, known = f"{write.section_id_sis}:", await self.reader.categories_of(write.section_id_sis)
        wanted = write.category_id_sis or ""
        for one in known:
            key = number_of(one.get("teachercategoryid", one.get("id")))
            if key is not None and wanted == f"{start}{key}":
                return section.dcid, key, text_of(one.get("defaultpublishoption"))
        raise PermanentError(
            f"the teacher of section {write.section_id_sis} has no such category: was it removed in PowerTeacher Pro?",
            system=LABEL,
            code="CATEGORY_GONE",
        )

    async def _write(
        self, method: str, path: str, body: Any, section_id_sis: str, params: Mapping[str, str] | None = None
    ) -> Written:
        written = await self._send(method, path, body, section_id_sis, params or {})
        if written.status == 409:
            raise conflict(written.body, f"{method} of an assignment", is_named=False)
        if written.status == 500:
            raise deleted(method, 500)
        return written

    async def _send(
        self, method: str, path: str, body: Any, section_id_sis: str, params: Mapping[str, str]
    ) -> Written:
        """Write in the name of the section's teacher; what PowerSchool asks to submit again is, once."""
        acting = await self.reader.acting(section_id_sis)
        for _ in range(2):
            written = await self.http.write(method, path, body, {"users_dcid": str(acting), **params})
            if written.status != 412:
                return written
        raise RetriableError(
            f"{method} {path} was answered 412 (submit again) twice: it was not done; the next run sends it again",
            system=LABEL,
            code="UNAVAILABLE",
            status=412,
        )


def _line(name: str, detail: str, passed: bool) -> CheckResult:
    return CheckResult(name, passed=passed, detail=detail if passed else "is empty")


def _silent(row: Mapping[str, Any]) -> StoredResult:
    key = score_id(int(row["_assignmentsection"]["assignmentsectionid"]), int(row["studentsdcid"]))
    return StoredResult(key, is_echoed=False)
