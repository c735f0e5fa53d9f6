"""Slate, a student information system that gradeflow does not know: all that somebody has to write to add one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pydantic import BaseModel

from gradeflow.errors import OutsideError
from gradeflow.model import frames
from gradeflow.model.district import SecretRef, Strict
from gradeflow.model.gradebook import LineItemWrite, ResultWrite, SisReference, StoredLineItem, StoredResult
from gradeflow.model.points import json_number, parse_e4
from gradeflow.ports import Calls, CheckResult, Connector, ConnectorContext, GradeSink
from gradeflow.transport.answers import Vendor
from gradeflow.transport.auth import bearer_token
from gradeflow.transport.http import HttpClient

VENDOR = Vendor("Slate", renew="Make a new token.", widen="Ask for the right to write grades.")


class SlateSettings(Strict):
    """The keys below `sis:` beside `kind`."""

    base_url: str
    token: SecretRef


@dataclass
class SlateSink:
    """One Slate."""

    system_id: str
    http: HttpClient
    calls: Calls
    allocates_ids: bool = False
    clears_results: bool = False

    async def check(self) -> list[CheckResult]:
        """Read the roster."""
        try:
            await self.http.get("/roster")
        except OutsideError as error:
            return [CheckResult("roster", passed=False, detail=str(error))]
        return [CheckResult("roster", passed=True, detail="readable")]

    async def read_reference(self) -> SisReference:
        """Read the roster, whose records are named as our frames are."""
        roster = await self.http.get("/roster")

        def frame(schema: frames.Schema, name: str, *dates: str) -> pd.DataFrame:
            rows = [{**row, **{key: pd.Timestamp(row[key]) for key in dates}} for row in roster[name]]
            return frames.build(schema, rows)

        return SisReference(
            sections=frame(frames.SIS_SECTIONS, "sections"),
            grading_periods=frame(frames.GRADING_PERIODS, "periods", "start_date", "end_date"),
            categories=frame(frames.CATEGORIES, "categories"),
            students=frame(frames.STUDENTS, "students"),
            enrolments=frame(frames.ENROLMENTS, "enrolments", "begin_date"),
            teachers=frame(frames.TEACHERS, "teachers"),
            class_teachers=frame(frames.CLASS_TEACHERS, "class_teachers"),
        )

    async def read_line_items(self, section_id_sis: str) -> pd.DataFrame:
        """Read a section's items."""
        rows = await self.http.get(f"/sections/{section_id_sis}/items")
        return frames.build(
            frames.OBSERVED_LINE_ITEMS,
            (
                {
                    "sis_id": row["id"],
                    "section_id_sis": section_id_sis,
                    "title": row["title"],
                    "assign_date": pd.Timestamp(row["assigned"]),
                    "due_date": pd.Timestamp(row["due"]),
                    "category_id_sis": row["category"],
                    "points_possible_e4": parse_e4(row["points"]),
                    "raw": json.dumps(row, default=str),
                }
                for row in rows
            ),
        )

    async def read_results(self, section_id_sis: str, line_item_sis_id: str) -> pd.DataFrame:
        """Read an item's scores."""
        rows = await self.http.get(f"/items/{line_item_sis_id}/scores")
        return frames.build(
            frames.OBSERVED_RESULTS,
            (
                {
                    "sis_id": row["id"],
                    "line_item_sis_id": line_item_sis_id,
                    "student_id_sis": row["student"],
                    "score_e4": parse_e4(row["points"]),
                    "status": "graded",
                    "raw": json.dumps(row, default=str),
                }
                for row in rows
            ),
        )

    async def put_line_item(self, write: LineItemWrite) -> StoredLineItem:
        """Write an item."""
        body = {
            "section": write.section_id_sis,
            "title": write.title,
            "assigned": write.assign_date,
            "due": write.due_date,
            "category": write.category_id_sis,
            "points": json_number(write.points_possible_e4),
        }
        await self.http.put(f"/items/{write.sis_id}", body)
        return StoredLineItem(write.sis_id)

    async def put_result(self, write: ResultWrite) -> StoredResult:
        """Write a score."""
        body: dict[str, Any] = {
            "item": write.line_item_sis_id,
            "student": write.student_id_sis,
            "points": json_number(write.score_e4),
        }
        stored = await self.http.put(f"/scores/{write.sis_id}", body)
        return StoredResult(write.sis_id, True, parse_e4(stored["points"]), "graded")


@asynccontextmanager
async def _opened(settings: BaseModel, context: ConnectorContext) -> AsyncIterator[GradeSink]:
    assert isinstance(settings, SlateSettings)
    calls = Calls()
    auth = bearer_token(context.read_secret(settings.token))
    async with HttpClient(VENDOR, settings.base_url, auth, calls) as http:
        yield SlateSink("slate", http, calls)


CONNECTOR: Connector[GradeSink] = Connector("slate", "Slate", SlateSettings, _opened, evidence="assumed")
