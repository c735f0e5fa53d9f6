"""A district of a few line items that lives through nights: an LMS, an SIS with manners, a warehouse.

The LMS and the SIS are dictionaries that tests edit between nights. A night judges, plans and, unless told
otherwise, does what the plan says: the SIS stores in its own way (`cut_title`, `score_digits`), the warehouse
remembers as `gradeflow.warehouse` does. No frame here is made by the code under test.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from gradeflow.core.bases import align_bases
from gradeflow.core.desired import Desired, key_desired
from gradeflow.core.plan import Plan, items_to_recreate, make_plan
from gradeflow.core.reading import Candidates, Observed, find_candidates, items_to_read
from gradeflow.core.tally import Tally
from gradeflow.model import frames
from gradeflow.model.ledger import FIELDS
from gradeflow.model.points import round_e4
from gradeflow.rules.judge import Judged
from gradeflow_tests.rules.small_school import NOW, item, judged, profile, score

INT, TEXT, FLAG = frames.E4, frames.TEXT, frames.FLAG
WAREHOUSE = {
    "line_items": {
        "line_item_key": INT, "line_item_id": TEXT, "lms_assignment_id": TEXT, "section_id_sis": TEXT,
        "sis_id": TEXT, "version": INT, "is_locked": FLAG, "settled_digest": TEXT, "settled_counts": TEXT,
    },
    "fields": {"line_item_key": INT, "field": TEXT, "sent": TEXT, "stored": TEXT},
    "results": {
        "result_key": INT, "line_item_key": INT, "student_key": INT, "sent_score_e4": INT, "sent_status": TEXT,
        "stored_score_e4": INT, "stored_status": TEXT, "origin": TEXT, "version": INT, "is_locked": FLAG,
    },
    "holds": {
        "hold_id": INT, "line_item_key": INT, "result_key": INT, "field": TEXT, "reason": TEXT, "desired": TEXT,
        "observed": TEXT,
    },
    "findings": {
        "code": TEXT, "lms_assignment_id": TEXT, "section_id_sis": TEXT, "student_id_sis": TEXT, "value": TEXT,
    },
}  # fmt: skip
DATES = ("assign_date", "due_date")


def frame(name: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a frame as the warehouse reads it."""
    rows = list(rows)
    return pd.DataFrame(
        {
            column: pd.array([row.get(column) for row in rows], dtype=kind)
            for column, kind in WAREHOUSE[name].items()
        }
    )


@dataclass
class SisItem:
    """A line item in the SIS and its cells: per student the (score_e4, status) of each cell."""

    section: str
    fields: dict[str, str | None]
    cells: dict[str, list[tuple[int | None, str | None]]] = field(default_factory=dict)


@dataclass
class Night:
    """What one night did."""

    judged: Judged
    desired: Desired
    candidates: Candidates
    plan: Plan
    examined: list[bool]
    read_sections: list[str]
    read_items: list[str]
    cells: dict[tuple[str, str], list[tuple[int | None, str | None]]]  # in the SIS before the night
    stored: dict[int, tuple[int, str]]  # by result key, as remembered before the night
    again: list[str]  # assignments to be made anew

    @property
    def items(self) -> dict[str, int]:
        """The counts of line items that are not zero."""
        return {name: count for name, count in self.plan.line_item_counts.items() if count}

    @property
    def results(self) -> dict[str, int]:
        """The counts of results that are not zero."""
        return {name: count for name, count in self.plan.result_counts.items() if count}

    @property
    def writes(self) -> list[tuple[str, str, str]]:
        """What is sent: (line item or student, action, assignment)."""
        items, results = self.plan.line_item_changes, self.plan.result_changes
        sent = [("item", row.action, row.lms_assignment_id) for row in items.itertuples()]
        sent += [(row.student_id_sis, row.action, row.lms_assignment_id) for row in results.itertuples()]
        return sorted(one for one in sent if one[1] != "adopt")

    @property
    def codes(self) -> set[tuple[str, str | None]]:
        """The findings of the diff: (code, student or None)."""
        found = self.plan.findings
        students = found["student_id_sis"].astype(object).where(found["student_id_sis"].notna(), None)
        return set(zip(found["code"], students, strict=True))

    @property
    def held(self) -> set[str]:
        """The reasons of the holds that are new."""
        return set(self.plan.holds["reason"])


@dataclass
class District:
    """The world: edit `items`, `scores` (the LMS) and `sis`, then live through a night."""

    route: str = "canvas"
    overrides: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    scores: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    sis: dict[str, SisItem] = field(default_factory=dict)
    cut_title: int = 255
    score_digits: int = 4
    unreadable_sections: set[str] = field(default_factory=set)
    unreadable_items: set[str] = field(default_factory=set)
    known: dict[int, dict[str, Any]] = field(default_factory=dict)
    fields: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)
    results: dict[int, dict[str, Any]] = field(default_factory=dict)
    holds: dict[int, dict[str, Any]] = field(default_factory=dict)
    students: dict[str, int] = field(default_factory=dict)
    found: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # open findings per assignment

    def add(self, assignment: str, scores: Mapping[str, int | None], **changes: Any) -> None:
        """Have a teacher make an assignment with scores."""
        self.items[assignment] = dict(
            item(lms_assignment_id=assignment, title=f"Work {assignment}", **changes)
        )
        for student, points in scores.items():
            self.give(assignment, student, points)

    def give(self, assignment: str, student: str, points: int | None, **changes: Any) -> None:
        """Have a teacher score a student."""
        section = self.items[assignment]["section_id_sis"]
        given = {"lms_assignment_id": assignment, "section_id_sis": section, "student_id_sis": student}
        self.scores[assignment, student] = dict(score(**given, score_e4=points, **changes))

    def in_sis(self, assignment: str) -> SisItem:
        """Give the SIS's side of an assignment."""
        return self.sis[f"id-{assignment}"]

    def edit_cell(self, assignment: str, student: str, *cells: tuple[int | None, str | None]) -> None:
        """Have somebody type in the SIS."""
        self.in_sis(assignment).cells[student] = list(cells)

    def night(
        self,
        *,
        now: dt.datetime = NOW,
        deliver: bool = True,
        order: int = 1,
        incomplete: Iterable[str] = (),
        is_remaster: bool = False,
    ) -> Night:
        """Live through a night, or through a remaster."""
        items, scores = list(self.items.values())[::order], list(self.scores.values())[::order]
        ruled = judged(
            items,
            scores,
            route=self.route,
            now=now,
            settings=self.settings,
            incomplete=incomplete,
            **self.overrides,
        )
        desired = key_desired(ruled, self._keys(ruled), self._students(ruled), "policy")
        keys = desired.line_items["line_item_key"].tolist()
        memory = [self.known[key] for key in keys]
        settled = [
            Tally.from_json(row["settled_counts"]) if row["settled_counts"] else None for row in memory
        ]
        same = [row["settled_digest"] == digest for row, digest in zip(memory, desired.digests, strict=True)]
        examined = np.array([not one for one in same], dtype=bool) | is_remaster
        looked_at = {key for key, one in zip(keys, examined, strict=True) if one}
        bases = align_bases(
            desired,
            frame("line_items", self.known.values()),
            frame("fields", self.fields.values()),
            frame("results", [row for row in self.results.values() if row["line_item_key"] in looked_at]),
            frame("holds", self.holds.values()),
            frame("findings", [row for rows in self.found.values() for row in rows]),
        )
        made = profile(self.route, **self.overrides)
        candidates = find_candidates(desired, bases, examined, made, is_remaster=is_remaster)
        observed, read = self._read(desired, bases, candidates)
        ours = {row["sis_id"] for row in self.known.values() if row["sis_id"]}
        ours |= {row["line_item_id"] for row in self.known.values()}
        again = items_to_recreate(desired, bases, observed, candidates, examined, ours, made)
        plan = make_plan(desired, bases, observed, candidates, examined, settled, ours, made)
        cells = {
            (sis_id, student): list(typed)
            for sis_id, one in self.sis.items()
            for student, typed in one.cells.items()
        }
        stored = {key: (row["stored_score_e4"], row["stored_status"]) for key, row in self.results.items()}
        night = Night(
            ruled, desired, candidates, plan, examined.tolist(), candidates.sections, read, cells, stored,
            desired.line_items.loc[again, "lms_assignment_id"].tolist(),
        )  # fmt: skip
        if deliver:
            self._apply(night)
        return night

    def _keys(self, ruled: Judged) -> pd.DataFrame:
        rows = []
        for assignment, section in zip(
            ruled.line_items["lms_assignment_id"], ruled.line_items["section_id_sis"], strict=True
        ):
            key = int(assignment)
            self.known.setdefault(
                key,
                {
                    "line_item_key": key, "line_item_id": f"id-{assignment}", "lms_assignment_id": assignment,
                    "section_id_sis": section, "sis_id": None, "version": 0, "is_locked": False,
                    "settled_digest": None, "settled_counts": None,
                },
            )  # fmt: skip
            rows.append(self.known[key])
        return frame("line_items", rows)[
            ["lms_assignment_id", "section_id_sis", "line_item_key", "line_item_id"]
        ]

    def _students(self, ruled: Judged) -> pd.Series:
        for student in sorted(set(ruled.results["student_id_sis"])):
            self.students.setdefault(student, len(self.students) + 1)
        return pd.Series(self.students, dtype="int64")

    def _read(self, desired: Desired, bases: Any, candidates: Candidates) -> tuple[Observed, list[str]]:
        open_sections = set(candidates.sections) - self.unreadable_sections
        listed = {sis_id: one for sis_id, one in self.sis.items() if one.section in open_sections}
        wanted = [sis_id for _, sis_id in items_to_read(desired, bases, candidates, set(listed))]
        readable = [sis_id for sis_id in wanted if sis_id not in self.unreadable_items]
        cells = [
            {"sis_id": f"{sis_id}/{student}/{n}", "line_item_sis_id": sis_id, "student_id_sis": student,
             "score_e4": points, "status": status, "raw": "{}"}
            for sis_id in readable
            for student, typed in self.sis[sis_id].cells.items()
            for n, (points, status) in enumerate(typed)
        ]  # fmt: skip
        items = [_observed(sis_id, one) for sis_id, one in listed.items()]
        return Observed(
            frames.build(frames.OBSERVED_LINE_ITEMS, items),
            frames.build(frames.OBSERVED_RESULTS, cells),
            frozenset(set(candidates.sections) & self.unreadable_sections),
            frozenset(set(wanted) & self.unreadable_items),
            frozenset(readable),
        ), wanted

    def _apply(self, night: Night) -> None:
        plan = night.plan
        for row in plan.line_item_changes.to_dict("records"):
            self._send_item(row)
        for row in plan.result_changes.to_dict("records"):
            self._send_result(row)
        looked_at = night.desired.line_items.loc[night.examined, "line_item_key"]
        open_holds = frame("holds", self.holds.values())
        for hold in plan.freed_holds(open_holds[open_holds["line_item_key"].isin(looked_at)]):
            del self.holds[hold]
        for row in plan.holds.to_dict("records"):
            self._hold({name: None if pd.isna(value) else value for name, value in row.items()})
        for name in night.desired.line_items.loc[night.examined, "lms_assignment_id"]:
            rows = plan.findings[plan.findings["lms_assignment_id"] == name].to_dict("records")
            self.found[name] = [{str(key): value for key, value in row.items()} for row in rows]
        for key in plan.locked_results:
            self.results[key]["is_locked"] = True
        for row in plan.rests[plan.rests["is_settled"]].itertuples():
            self.known[row.line_item_key] |= {"settled_digest": row.digest, "settled_counts": row.counts}

    def _send_item(self, row: dict[str, Any]) -> None:
        own = row["own"].split(",")
        want = {name: None if pd.isna(row[name]) else row[name] for name in FIELDS}
        if row["action"] != "adopt":
            stored = want | {"title": str(want["title"])[: self.cut_title]}
            one = self.sis.setdefault(row["sis_id"], SisItem(row["section_id_sis"], {}))
            one.fields = stored
        now = self.sis[row["sis_id"]].fields
        for name in own:
            self.fields[row["line_item_key"], name] = {
                "line_item_key": row["line_item_key"], "field": name, "sent": want[name], "stored": now[name],
            }  # fmt: skip
        if row["action"] == "update" and "points" in own:  # a new maximum: all scores have to go again
            for result in self.results.values():
                if result["line_item_key"] == row["line_item_key"]:
                    result |= {"sent_score_e4": None, "sent_status": None}
        memory = self.known[row["line_item_key"]]
        memory |= {"version": memory["version"] + 1, "sis_id": row["sis_id"], "settled_digest": None}

    def _send_result(self, row: dict[str, Any]) -> None:
        one = self.sis[row["line_item_sis_id"]]
        is_blank = row["status"] == "blank"
        sent = (None, None) if is_blank else (row["score_e4"], row["status"])
        if row["action"] != "adopt":
            put = sent if sent[0] is None else (round_e4(sent[0], self.score_digits), sent[1])
            one.cells[row["student_id_sis"]] = [put]
        (stored,) = one.cells.get(row["student_id_sis"]) or [(None, None)]
        was = self.results.get(row["result_key"], {"version": 0, "is_locked": False})
        self.results[row["result_key"]] = {
            "result_key": row["result_key"], "line_item_key": row["line_item_key"], "student_key": row["student_key"],
            "sent_score_e4": sent[0], "sent_status": sent[1], "stored_score_e4": stored[0],
            "stored_status": stored[1], "origin": row["origin"], "version": was["version"] + 1,
            "is_locked": was["is_locked"],
        }  # fmt: skip

    def _hold(self, row: dict[str, Any]) -> None:
        subject = ("line_item_key", "result_key", "field")
        for hold, other in list(self.holds.items()):
            if all(other[name] == row[name] for name in subject):
                del self.holds[hold]
        number = max(self.holds, default=0) + 1
        self.holds[number] = {"hold_id": number, **row}


def _observed(sis_id: str, one: SisItem) -> dict[str, Any]:
    points = one.fields["points"]
    return {
        "sis_id": sis_id,
        "section_id_sis": one.section,
        "title": one.fields["title"] or "",
        **{name: None if one.fields[name] is None else pd.Timestamp(str(one.fields[name])) for name in DATES},
        "category_id_sis": one.fields["category"],
        "period_id_sis": one.fields["period"],
        "points_possible_e4": None if points is None else int(points),
        "raw": "{}",
    }
