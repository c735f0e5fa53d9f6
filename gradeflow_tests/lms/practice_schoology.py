"""A practice Schoology, and our connector opened on it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import httpx

from gradeflow.lms.schoology import CONNECTOR
from gradeflow.ports import ConnectorContext
from gradeflow.sandbox.practice import Secret, ServerSpec
from gradeflow.sandbox.registry import practice_of
from gradeflow.sandbox.school import School
from gradeflow.sandbox.store import Store

AS_OF = dt.datetime(2026, 11, 16, 9, 30, tzinfo=dt.UTC)
MATH_1, MATH_2, SCIENCE = "4318001", "4318002", "4318003"
RATIOS, QUIZ, LETTER = "43180010000501", "43180010000502", "43180010000503"
CONTROL = httpx.Client(verify=False, trust_env=False)  # loopback, no TLS


@dataclass
class Schoology:
    """A practice Schoology, and how the connector is opened on it."""

    spec: ServerSpec
    school: School
    waited: list[float] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)

    def run(self, work: Callable[[Any], Awaitable[Any]], **more: Any) -> Any:
        settings = practice_of("schoology").settings(self.spec)
        shown = {key: {"env": v.name} if isinstance(v, Secret) else v for key, v in settings.items()}
        context = ConnectorContext(
            district="practice", zone=self.school.zone, as_of=AS_OF, read_secret=self._secret
        )

        async def main() -> Any:
            async with CONNECTOR.open(
                CONNECTOR.settings.model_validate({**shown, **more}), context
            ) as source:
                return await work(source)

        return asyncio.run(main())

    def read(self, **more: Any) -> Any:
        return self.run(lambda source: source.read_gradebook(), **more)

    def fault(self, **fault: Any) -> None:
        self.control("POST", "fault", {"faults": [fault]})

    def edit(self, **edit: Any) -> None:
        self.control("POST", "edit", {"edits": [edit]})

    def category_of(self, item: str) -> str:
        with closing(Store(self.spec.state)) as store:
            stored = store.get("items", item)
        assert stored is not None
        return str(stored["grading_category"])

    def calls(self) -> dict[str, int]:
        rows = self.control("GET", "log")["calls"]
        return {row["route"]: row["count"] for row in rows}

    def control(self, method: str, name: str, body: Any = None) -> Any:
        answer = CONTROL.request(method, f"{self.spec.origin}/_sandbox/{name}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _secret(self, reference: Any) -> str:
        return self.secrets.get(reference.env, self.spec.secrets[reference.env])


def item(extract: Any, key: str) -> Any:
    return extract.line_items.set_index("lms_assignment_id").loc[key]


def result(extract: Any, key: str, student: str) -> Any:
    rows = extract.results.set_index(["lms_assignment_id", "student_id_sis"])
    return rows.loc[(key, student)]
