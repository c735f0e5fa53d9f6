"""Chalkboard, a learning platform that gradeflow does not know: all that somebody has to write to add one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pandas as pd
from pydantic import BaseModel

from gradeflow.errors import OutsideError
from gradeflow.model import frames
from gradeflow.model.district import SecretRef, Strict
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.model.points import parse_e4
from gradeflow.ports import Calls, CheckResult, Connector, ConnectorContext, GradebookSource
from gradeflow.transport.answers import Vendor
from gradeflow.transport.auth import bearer_token
from gradeflow.transport.http import HttpClient

VENDOR = Vendor("Chalkboard", renew="Make a new token.", widen="Ask for the right to read gradebooks.")


class ChalkboardSettings(Strict):
    """The keys below `lms:` beside `kind`."""

    base_url: str
    token: SecretRef


@dataclass
class ChalkboardSource:
    """One Chalkboard."""

    system_id: str
    http: HttpClient
    calls: Calls

    async def check(self) -> list[CheckResult]:
        """Read the gradebook."""
        try:
            await self.read_gradebook()
        except OutsideError as error:
            return [CheckResult("gradebook", passed=False, detail=str(error))]
        return [CheckResult("gradebook", passed=True, detail="readable")]

    async def read_gradebook(self) -> GradebookExtract:
        """Read everything in one call."""
        book = await self.http.get("/gradebook")
        items = [
            {
                "lms_assignment_id": item["id"],
                "section_id_sis": item["section"],
                "title": item["title"],
                "kind": "assignment",
                "category_lms": item["category"],
                "points_possible_e4": parse_e4(item["points"]),
                "grading": "points",
                "is_published": True,
                "assigned_at": pd.Timestamp(item["assigned"]),
                "assigned_basis": "assigned",
                "due_at": pd.Timestamp(item["due"]),
                "due_basis": "item",
            }
            for item in book["items"]
        ]
        results = [
            {
                "lms_assignment_id": score["item"],
                "section_id_sis": score["section"],
                "student_id_sis": score["student"],
                "score_e4": parse_e4(score["points"]),
                "is_graded": score["points"] is not None,
                "is_posted": True,
                "is_enrolled": True,
            }
            for score in book["scores"]
        ]
        return GradebookExtract(frames.build(frames.LINE_ITEMS, items), frames.build(frames.RESULTS, results))


@asynccontextmanager
async def _opened(settings: BaseModel, context: ConnectorContext) -> AsyncIterator[GradebookSource]:
    assert isinstance(settings, ChalkboardSettings)
    calls = Calls()
    auth = bearer_token(context.read_secret(settings.token))
    async with HttpClient(VENDOR, settings.base_url, auth, calls) as http:
        yield ChalkboardSource("chalkboard", http, calls)


CONNECTOR: Connector[GradebookSource] = Connector(
    "chalkboard", "Chalkboard", ChalkboardSettings, _opened, evidence="assumed"
)
