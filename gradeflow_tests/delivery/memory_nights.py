"""Nights of a few line items between the small school's LMS, an SIS in memory and a real warehouse."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from gradeflow.core.choice import EVERYTHING, Choice
from gradeflow.core.delivered import Delivered
from gradeflow.core.night import deliver_night, judge_night, plan_night
from gradeflow.core.planned import Planned
from gradeflow.core.scope import Night, Scope, Window
from gradeflow.errors import CredentialError
from gradeflow.model.gradebook import SisReference
from gradeflow.model.ledger import Run
from gradeflow.warehouse import findings, holds, intents, runs, snapshot
from gradeflow.warehouse.district_store import DistrictStore
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.delivery.memory_sis import MemorySis
from gradeflow_tests.rules.small_school import (
    NOW,
    PERIODS,
    district,
    extract,
    item,
    profile,
    reference,
    score,
    usual_reference,
)

DISTRICT = "lincoln"
WHOLE = Scope((Window(dt.date(2026, 7, 1), dt.date(2028, 8, 1)),))


@dataclass
class Done:
    """What a night did."""

    planned: Planned
    delivered: Delivered
    line_items: dict[str, int]
    results: dict[str, int]
    codes: dict[str, int]  # open findings
    held: list[str]  # reasons of open holds
    unresolved: int


@dataclass
class School:
    """The world: edit the LMS and the SIS, then live through a night."""

    folder: Path
    sis: MemorySis
    overrides: dict[str, Any] = field(default_factory=dict)
    max_in_flight: int = 4
    rules: str | None = None  # what its runs say of the rules they judge by
    approved: str | None = None  # the digest of a plan that a person approved
    retry: bool = False  # a person asks to send again what was refused
    now: dt.datetime = NOW
    periods: Sequence[Mapping[str, Any]] = PERIODS  # as the SIS names them
    enrolments: Sequence[Mapping[str, Any]] | None = None  # as the SIS has them; None: everybody everywhere
    settings: dict[str, Any] = field(default_factory=dict)  # of the district file, below passback
    calendar: dict[str, Any] = field(default_factory=dict)
    items: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    scores: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    nights: int = 0  # so that no two runs start in the same second

    def add(self, assignment: str, scores: Mapping[str, int], **changes: Any) -> None:
        """Have a teacher make an assignment with scores."""
        self.items[assignment] = item(
            **{"lms_assignment_id": assignment, "title": f"Work {assignment}", **changes}
        )
        for student, points in scores.items():
            self.give(assignment, student, points)

    def give(self, assignment: str, student: str, points: int) -> None:
        """Have a teacher score a student."""
        section = self.items[assignment]["section_id_sis"]
        given = {"lms_assignment_id": assignment, "section_id_sis": section, "student_id_sis": student}
        self.scores[assignment, student] = score(**given, score_e4=points)

    def rename(self, assignment: str, title: str) -> None:
        """Have a teacher rename an assignment."""
        self.items[assignment] = {**self.items[assignment], "title": title}

    def open(self) -> Warehouse:
        """Open the warehouse."""
        return Warehouse.open(f"sqlite:///{self.folder}/warehouse.sqlite")

    def night(self, choice: Choice = EVERYTHING, *, is_remaster: bool = False) -> Done:
        """Live through a night, or through a run by hand."""
        warehouse = self.open()
        try:
            return asyncio.run(self._night(warehouse, choice, is_remaster))
        finally:
            warehouse.close()

    def breakers(self, allowed: frozenset[str] = frozenset(), approved: str | None = None) -> Planned:
        """Only plan, and say what would stop it."""
        warehouse = self.open()
        try:
            store = DistrictStore(warehouse, DISTRICT, "plan", self.now, lambda: self.now)
            gradebook, school = extract(self.items.values(), self.scores.values()), self._reference()
            about = self._about(EVERYTHING)
            judged = judge_night(about, gradebook, school, store)
            plan = plan_night(
                about, judged, gradebook, school, self.sis, store, will_deliver=False, allowed=allowed,
                approved_plan=approved,
            )  # fmt: skip
            return asyncio.run(plan)
        finally:
            warehouse.close()

    def _reference(self) -> SisReference:
        if self.periods is PERIODS and self.enrolments is None:
            return usual_reference()
        return reference(periods=self.periods, enrolments=self.enrolments)

    def _about(self, choice: Choice, *, is_remaster: bool = False) -> Night:
        settings = {"first_load": {"approved_by": "office", "on": "2026-08-16"}, **self.settings}
        return Night(
            district(calendar=self.calendar, **settings), profile(**self.overrides), self.now, WHOLE, "lms",
            self.sis.system_id, self.max_in_flight, choice, is_remaster=is_remaster, retry=self.retry,
        )  # fmt: skip

    async def _night(self, warehouse: Warehouse, choice: Choice, is_remaster: bool) -> Done:
        about = self._about(choice, is_remaster=is_remaster)
        self.nights += 1
        started = self.now + dt.timedelta(seconds=self.nights)
        run = Run(
            str(uuid.uuid4()),
            DISTRICT,
            "passback",
            about.profile.route,
            self.now,
            started,
            rules_digest=self.rules,
        )
        with warehouse.writing() as connection:
            runs.start_run(connection, run)
        store = DistrictStore(warehouse, DISTRICT, run.run_id, self.now, lambda: self.now)
        gradebook, school = extract(self.items.values(), self.scores.values()), self._reference()
        try:
            planned = await plan_night(
                about, judge_night(about, gradebook, school, store), gradebook, school, self.sis, store,
                will_deliver=True, approved_plan=self.approved,
            )  # fmt: skip
            assert planned.stopped_by == []
            try:
                delivered, _ = await deliver_night(about, planned, self.sis, store)
            except CredentialError:
                delivered = Delivered()
        finally:
            store.release_lease()
        with warehouse.reading() as connection:
            told = runs.load_run(connection, run.run_id)
            open_findings = findings.load_open_findings(connection, DISTRICT)["code"].value_counts()
            held = holds.load_open_holds(connection, DISTRICT)["reason"].tolist()
            waiting = intents.unresolved_intents(connection, DISTRICT)
        assert told is not None
        return Done(
            planned,
            delivered,
            {name: count for name, count in told.line_items.items() if count},
            {name: count for name, count in told.results.items() if count},
            {str(code): int(count) for code, count in open_findings.items()},
            held,
            len(waiting),
        )

    def remembered(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Give all line items that the warehouse knows, and the bases of all their results."""
        warehouse = self.open()
        with warehouse.reading() as connection:
            items = snapshot.load_line_items(connection, DISTRICT)
            results = snapshot.load_results(connection, items["line_item_key"].tolist())
        warehouse.close()
        return items, results
