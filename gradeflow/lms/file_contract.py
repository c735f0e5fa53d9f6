"""What is agreed about an LMS that comes as files: one of line items, one of scores, and what every such pair has.

A contract names its columns, checks the cells that only it has and maps them; ids, keys, points, due dates, scores and
who made an item are the same in all of them and live here. What a cell may hold at all is `drop_tables`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from gradeflow.lms.drop_tables import (
    A_DAY,
    A_NUMBER,
    DAY_END,
    Check,
    each,
    faults_of,
    framed,
    instants,
    is_day,
    is_number,
    key_checks,
    own_due,
    own_due_check,
    strangers,
)
from gradeflow.model import frames
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.model.points import is_exact_e4, parse_e4
from gradeflow.transport.csv import Fault
from gradeflow.transport.drop import Texts

SCORES = "scores"
SECTION, STUDENT = "section_sis_id", "student_sis_id"

Columns = Mapping[str, Any]
Checks = Callable[[pd.DataFrame], Sequence[Check]]
"""Checks the cells of a file that only this contract has."""

Mapper = Callable[[pd.DataFrame, ZoneInfo], Columns]
"""Maps the rows of a file to those columns of its frame that only this contract has."""


@dataclass(frozen=True, slots=True)
class FileContract:
    """One contract.

    Attributes:
        one: what a line item is called; its id is `<one>_id`, its file `<one>s`.
        item_columns, score_columns: what the files must have.
        points, score: the columns of the points of an item and of a student's score.
        due: the column of due dates; scores may have it too, for a student's own.
        author: the columns `<author>_user_id` and `<author>_sis_id` say who made an item.
        check_items, check_scores: find wrong cells beside the shared ones.
        map_items, map_scores: give the columns of LINE_ITEMS and RESULTS beside the shared ones.
    """

    one: str
    item_columns: tuple[str, ...]
    score_columns: tuple[str, ...]
    points: str
    score: str
    due: str
    author: str
    check_items: Checks
    check_scores: Checks
    map_items: Mapper
    map_scores: Mapper

    @property
    def items(self) -> str:
        """The name of the file of line items."""
        return f"{self.one}s"

    @property
    def files(self) -> dict[str, tuple[str, ...]]:
        """The columns of each file."""
        return {self.items: self.item_columns, SCORES: self.score_columns}

    @property
    def optional(self) -> dict[str, tuple[str, ...]]:
        """The columns of each file that it may do without."""
        return {SCORES: (self.due,)}

    @property
    def _key(self) -> list[str]:
        return [f"{self.one}_id", SECTION]

    def find_faults(self, texts: Texts) -> list[Fault]:
        """Find every wrong place of both files, rows of scores being held against items that could be read."""
        items, scores = texts[self.items], texts[SCORES]
        faults = [] if items.rows is None else faults_of(items, self._item_checks(items.rows))
        if scores.rows is not None:
            faults += faults_of(scores, self._score_checks(scores.rows, items.rows))
        return faults

    def _item_checks(self, rows: pd.DataFrame) -> list[Check]:
        due, item = rows[self.due], self._key[0]
        twice = rows.duplicated(self._key)
        return [
            *key_checks(rows, (*self._key, "type")),
            (self.due, ~(is_day(due) | (due == "")), f"{A_DAY}, or empty"),
            *self.check_items(rows),
            (item, twice, f"one row per {self.one} and section; this pair was above"),
        ]

    def _score_checks(self, rows: pd.DataFrame, items: pd.DataFrame | None) -> list[Check]:
        key, score = [*self._key, STUDENT], rows[self.score]
        twice = rows.duplicated(key)
        checks = [
            *key_checks(rows, key),
            (self.score, ~(is_number(score) | (score == "")), f"{A_NUMBER}, or empty"),
            own_due_check(rows, self.due),
            *self.check_scores(rows),
            (STUDENT, twice, f"one row per {self.one}, section and student; these three were above"),
        ]
        if items is not None:
            unknown = strangers(rows, items, self._key)
            checks.append((key[0], unknown, f"an {self.one} and section that {self.items}.csv has"))
        return checks

    def extract(self, tables: Mapping[str, pd.DataFrame], zone: ZoneInfo) -> GradebookExtract:
        """Map both files.

        Shape: line items in file order, one per item and section; results one per student and line item.
        Units: ten-thousandths; due dates are days of the district and end at 23:59 there.
        """
        return GradebookExtract(
            line_items=self._line_items(tables[self.items], zone),
            results=self._results(tables[SCORES], zone),
        )

    def _line_items(self, rows: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
        points = rows[self.points]
        is_exact = each(points, lambda text: text == "" or is_exact_e4(text)).astype(bool)
        due = instants(rows[self.due], DAY_END, zone)
        shared = {
            "lms_assignment_id": rows[f"{self.one}_id"],
            "section_id_sis": rows[SECTION],
            "title": rows["title"],
            "kind_raw": rows["type"],
            "points_possible_e4": each(points.where(is_exact, ""), parse_e4, frames.E4),
            "points_text": points.mask(is_exact),
            "is_published": True,
            "due_at": due,
            "due_basis": (rows[self.due] == "").map({True: "none", False: "item"}),
            "everyone_due_at": due,
            "assigned_by_lms": rows[f"{self.author}_user_id"].replace("", None),
            "assigned_by_sis": rows[f"{self.author}_sis_id"].replace("", None),
        }
        return framed(frames.LINE_ITEMS, rows.index, {**shared, **self.map_items(rows, zone)})

    def _results(self, rows: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
        shared = {
            "lms_assignment_id": rows[f"{self.one}_id"],
            "section_id_sis": rows[SECTION],
            "student_id_sis": rows[STUDENT],
            "score_e4": each(rows[self.score], parse_e4, frames.E4),
            **own_due(rows[self.due], zone),
        }
        return framed(frames.RESULTS, rows.index, {**shared, **self.map_scores(rows, zone)})
