"""One practice SIS over real HTTP and our connector on it, as the tests of the vendors' own APIs use them."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pandas as pd

from gradeflow.model import frames
from gradeflow.model.gradebook import LineItemWrite, ResultWrite, SisReference
from gradeflow.ports import ConnectorContext
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.practice import Secret, ServerSpec
from gradeflow.sandbox.registry import practice_of
from gradeflow.sandbox.school import School
from gradeflow.sandbox.server import fill, free_ports, running
from gradeflow.sandbox.small_school import small_school
from gradeflow.sis.registry import by_kind
from gradeflow.transport.waiting import Waiting

AS_OF = dt.datetime(2026, 11, 16, 9, 30, tzinfo=dt.UTC)
CONTROL = httpx.Client(verify=False, trust_env=False)  # loopback, no TLS
NAMES = {"m9-01": "0901", "m9-02": "0902,1", "s-001": "000001", "s-002": "1", "s-007": "7 & 8/9"}

SECTION, OTHER = "0901", "0902,1"
STUDENT, SECOND, LEFT, ELSEWHERE = "000001", "1", "s-006", "s-008"
AERIES_CATEGORY, POWERSCHOOL_CATEGORY = "0901:1", "0901:602"


def awkward_school() -> School:
    """Give the small school with ids that have leading zeros, commas, slashes and spaces."""
    school = small_school()

    def renamed(value: Any) -> Any:
        if isinstance(value, str):
            return NAMES.get(value, value)
        if isinstance(value, tuple):
            return tuple(renamed(one) for one in value)
        if dataclasses.is_dataclass(value):
            fields = {one.name: renamed(getattr(value, one.name)) for one in dataclasses.fields(value)}
            return type(value)(**fields)
        return value

    changed = {name: renamed(getattr(school, name)) for name in ("sections", "students", "enrolments")}
    return dataclasses.replace(school, **changed)


@dataclass
class Vendor:
    """A running practice SIS."""

    spec: ServerSpec
    school: School
    fresh: Path
    waited: list[float] = field(default_factory=list)

    @property
    def settings(self) -> dict[str, Any]:
        settings = practice_of(self.spec.kind).settings(self.spec)
        return {key: {"env": v.name} if isinstance(v, Secret) else v for key, v in settings.items()}

    def open(self, **more: Any) -> AbstractAsyncContextManager[Any]:
        connector = by_kind(self.spec.kind)
        context = ConnectorContext(
            district="practice",
            zone=self.school.zone,
            as_of=AS_OF,
            read_secret=lambda reference: self.spec.secrets.get(str(reference.env), "wrong"),
        )
        settings = {key: value for key, value in {**self.settings, **more}.items() if value is not None}
        return connector.open(connector.settings.model_validate(settings), context)

    def run(self, work: Callable[[Any], Awaitable[Any]], **more: Any) -> Any:
        async def main() -> Any:
            async with self.open(**more) as system:
                return await work(system)

        return asyncio.run(main())

    def fault(self, **fault: Any) -> None:
        self._post("fault", {"faults": [fault]})

    def edit(self, **edit: Any) -> None:
        self._post("edit", {"edits": [edit]})

    def count(self, route: str) -> int:
        calls = CONTROL.get(f"{self.spec.origin}/_sandbox/log").json()["calls"]
        return sum(call["count"] for call in calls if call["route"] == route)

    def stored(self, collection: str) -> list[dict[str, Any]]:
        """What the SIS holds, read past its interface and ours."""
        with closing(self.spec.store()) as store:
            return store.documents(collection)

    def renew(self) -> None:
        """Put state, faults, counts and clock back to the start."""
        with closing(sqlite3.connect(self.fresh)) as old, closing(sqlite3.connect(self.spec.state)) as new:
            old.backup(new)
        CONTROL.delete(f"{self.spec.origin}/_sandbox/fault")
        CONTROL.delete(f"{self.spec.origin}/_sandbox/log")
        CONTROL.post(f"{self.spec.origin}/_sandbox/clock", json={"now": AS_OF.isoformat()})
        self.waited.clear()

    def _post(self, name: str, body: Mapping[str, Any]) -> None:
        answer = CONTROL.post(f"{self.spec.origin}/_sandbox/{name}", json=body)
        assert answer.status_code == 200, answer.text


@contextmanager
def served(kind: str, folder: Path, school: School) -> Iterator[Vendor]:
    """Serve a practice SIS that is filled from a School."""
    (port,) = free_ports(1)
    names = practice_of(kind).secrets
    spec = ServerSpec(
        kind, "practice", folder, port, "t@practice.example", {name: f"hidden-{name}" for name in names}
    )
    Clock(folder / "clock.txt", start=AS_OF)
    fill(spec, school)
    fresh = folder / "fresh.sqlite"
    with closing(sqlite3.connect(spec.state)) as old, closing(sqlite3.connect(fresh)) as new:
        old.backup(new)
    with running([spec]):
        yield Vendor(spec, school, fresh)


def without_pauses(vendor: Vendor) -> Any:
    """Make the connectors' retry loop that notes its pauses instead of making them."""
    usual = Waiting.retrying

    async def sleep(seconds: float) -> None:
        vendor.waited.append(seconds)

    return lambda self: usual(dataclasses.replace(self, sleep=sleep))


def line_item(category_id_sis: str) -> LineItemWrite:
    """Make a line item of the first section, in one of its categories."""
    return LineItemWrite(
        sis_id="6f1d2c1e-0000-5000-8000-000000000001",
        section_id_sis=SECTION,
        school_id_sis=None,
        title="Ratios practice",
        assign_date="2026-11-09",
        due_date="2026-11-13",
        category_id_sis=category_id_sis,
        period_id_sis="q2-2026",
        points_possible_e4=200_000,
        is_create=True,
    )


def score(item: str, student: str = STUDENT, score_e4: int = 85_000, **more: Any) -> ResultWrite:
    """Make a score of a line item of the first section."""
    return ResultWrite(
        sis_id="own",
        line_item_sis_id=item,
        section_id_sis=SECTION,
        student_id_sis=student,
        score_e4=score_e4,
        status=more.get("status", "graded"),
        score_date="2026-11-16",
        observed_raw=more.get("observed_raw"),
    )


def put(item: str) -> Any:
    """Give the sending of one score, for `Vendor.run`."""
    return lambda system: system.put_result(score(item))


async def items(system: Any, section: str = SECTION) -> pd.DataFrame:
    return await system.read_line_items(section)


async def reference(system: Any) -> Any:
    return await system.read_reference()


async def cells(system: Any, item: str) -> pd.DataFrame:
    return (await system.read_results(SECTION, item)).set_index("student_id_sis")


def agrees_with_the_school(found: SisReference, school: School) -> None:
    """Check that a reference is whole, and holds the school's sections, people and seats in the LMS's ids."""
    for name, schema in (
        ("sections", frames.SIS_SECTIONS),
        ("grading_periods", frames.GRADING_PERIODS),
        ("categories", frames.CATEGORIES),
        ("students", frames.STUDENTS),
        ("enrolments", frames.ENROLMENTS),
        ("teachers", frames.TEACHERS),
        ("class_teachers", frames.CLASS_TEACHERS),
    ):
        frames.checked(schema, getattr(found, name))
    assert set(found.sections.section_id_sis) == {one.id for one in school.sections}
    assert set(found.students.student_id_sis) == set(school.students)
    seats = set(zip(found.enrolments.student_id_sis, found.enrolments.section_id_sis, strict=True))
    assert seats == {(one.student, one.section) for one in school.enrolments}
    mine = found.class_teachers[found.class_teachers.section_id_sis == "0902,1"]
    assert dict(zip(mine.teacher_id_sis, mine.is_primary, strict=True)) == {"t-200": True, "t-300": False}
