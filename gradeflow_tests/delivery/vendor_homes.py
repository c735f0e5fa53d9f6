"""Homes of one practice school whose SIS gives its own ids: one process serves Canvas and every such SIS.

What an SIS holds is read from its own file, never through our connectors, and told without the ids that it gave.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from gradeflow.cli.practice_home import write_practice_district
from gradeflow.sandbox.home import specs_for
from gradeflow.sandbox.practice import ServerSpec
from gradeflow.sandbox.small_school import small_school
from gradeflow.settings import Home
from gradeflow.warehouse.district_store import DistrictStore
from gradeflow_tests.delivery.fixtures import NOW
from gradeflow_tests.delivery.nights import night
from gradeflow_tests.delivery.practice import SERVE, Practice, Server
from gradeflow_tests.delivery.processes import PROCESSES

NOBODY: Any = None  # a home is changed, and its night runs, without a client of ours


@dataclass(frozen=True)
class Kind:
    """An SIS that gives its own ids.

    Attributes:
        items, scores: the calls that write, by method and a pattern of the path.
        collections: what its own file calls line items and results.
        own: fields of both that differ from one undisturbed night to the next: ids that it gave, and stamps.
        more: settings beyond those of the practice district; edit: what makes the practice server do so.
    """

    items: tuple[tuple[str, str], ...]
    scores: tuple[tuple[str, str], ...]
    collections: tuple[str, str]
    own: frozenset[str]
    more: Mapping[str, Any] | None = None
    edit: Mapping[str, Any] | None = None


_ONEROSTER = Kind(
    items=(("PUT", "/lineItems/*"),),
    scores=(("PUT", "/results/*"),),
    collections=("lineItems", "results"),
    own=frozenset({"sourcedId", "dateLastModified", "lineItem"}),
    more={"id_mode": "server"},
    edit={"setting": "server_ids", "value": "on"},
)
KINDS = {
    "aeries_v5": Kind(
        items=(("POST", "/gradebooks/*/Assignments"),),
        scores=(("POST", "/gradebooks/assignments/*/Scores"),),
        collections=("assignments", "scores"),
        own=frozenset({"UniqueID", "AssignmentNumber"}),
    ),
    "powerschool_xte": Kind(
        items=(("POST", "/ws/xte/section/assignment/"),),
        scores=(("PUT", "/ws/xte/score"),),
        collections=("assignments", "ASSIGNMENTSCORE"),
        own=frozenset(
            {
                "assignmentid",
                "assignmentsectionid",
                "assignmentcategoryassocid",
                "assignmentscoreid",
                "dcid",
                "_id",
            }
        ),
    ),
    "schooltool": _ONEROSTER,
    "eschoolplus": replace(
        _ONEROSTER,
        items=(("POST", "/classes/*/lineItems"), ("PUT", "/lineItems/*")),
        scores=(("POST", "/lineItems/*/results"), ("PUT", "/results/*")),
    ),
}


@dataclass(frozen=True)
class VendorHome:
    """A home of the test's own on a server that all tests of the kind use one after the other."""

    kind: Kind
    practice: Practice
    spec: ServerSpec

    def contents(self) -> list[tuple[str, list[str]]]:
        """Tell each line item and its scores, without the ids; one that is there twice is told twice."""
        items, scores = self._documents()
        return sorted(
            (self._told(item), sorted(self._told(score) for score in scores if _belongs(score, item)))
            for item in items
        )

    def counts(self) -> tuple[int, int]:
        """Count line items, and results that hold something."""
        items, scores = self._documents()
        return len(items), len(scores)

    def writes(self) -> int:
        """Count what was written to it since `forget`; asking for a token writes nothing."""
        log = self.practice.sis.client.get(f"{self.practice.sis.origin}/_sandbox/log").json()["calls"]
        return sum(one["count"] for one in log if one["method"] != "GET" and "token" not in one["route"])

    def hold(self, calls: tuple[tuple[str, str], ...], point: str) -> None:
        """Keep every such call open."""
        for method, path in calls:
            self.practice.sis.fault("hold", method=method, path=path, point=point, times=None)

    def _documents(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        with closing(self.spec.store()) as store:
            items, scores = (store.documents(name) for name in self.kind.collections)
        # Aeries has a blank cell for everybody who sits in the gradebook
        return items, [one for one in scores if one.get("Mark") != ""]

    def _told(self, record: Mapping[str, Any]) -> str:
        def bare(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: bare(inner) for key, inner in value.items() if key not in self.kind.own}
            return [bare(one) for one in value] if isinstance(value, list) else value

        return json.dumps(bare(record), sort_keys=True)


def _belongs(score: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    if "lineItem" in score:
        return bool(score["lineItem"]["sourcedId"] == item["sourcedId"])
    if "_assignmentsections" in item:
        parts = {part["assignmentsectionid"] for part in item["_assignmentsections"]}
        return score["assignmentsectionid"] in parts
    places = ("GradebookNumber", "AssignmentNumber")
    return all(score[name] == item[name] for name in places)


class Fleet:
    """Canvas and every SIS that gives ids, served by one process, and an untouched home for each SIS."""

    def __init__(self, folder: Path) -> None:
        self.specs = {
            spec.kind: spec for spec in specs_for(("canvas", *KINDS), home=folder / "fleet", now=NOW)
        }
        self._folder = folder
        for name, kind in KINDS.items():
            home = folder / name
            write_practice_district(Home(home), small_school(), self.specs["canvas"], self.specs[name])
            (home / "gradeflow.yaml").write_text("partitions: {start: 2026-08-01, grain: month}\n")
            _copy(self.specs[name].state, folder / f"{name}.sqlite")
            if kind.more:
                Practice(home, NOBODY, NOBODY).change_file(partial(_change, kind.more))

    @contextmanager
    def served(self) -> Iterator[None]:
        command = [sys.executable, "-c", SERVE, str(self._folder / "fleet")]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        try:
            assert child.stdout is not None
            self._entries = {entry["kind"]: entry for entry in json.loads(child.stdout.readline())}
            with httpx.Client(timeout=10, verify=False) as self._client:  # loopback, no TLS
                yield
        finally:
            child.terminate()
            child.communicate()

    def home(self, name: str, to: Path) -> VendorHome:
        """Put an SIS back to the start and give an untouched home on it."""
        shutil.copytree(self._folder / name, to)
        _copy(self._folder / f"{name}.sqlite", self.specs[name].state)
        canvas, sis = (Server(self._entries[one], self._client) for one in ("canvas", name))
        sis.clear()
        sis.forget()
        edit = KINDS[name].edit
        if edit is not None:
            sis.edit(**edit)
        return VendorHome(KINDS[name], Practice(to, canvas, sis), self.specs[name])


def _change(more: Mapping[str, Any], content: dict[str, Any]) -> None:
    content["sis"].update(more)


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def start_night(home: Path, dies_at: str | None = None) -> Any:
    """Start a night in a process of its own; `dies_at`: kill -9 with the answer known and no receipt of it."""
    process = PROCESSES.Process(target=_night, args=(home, dies_at))
    process.start()
    return process


def _night(home: Path, dies_at: str | None) -> None:
    usual = DistrictStore.record_receipts

    def record(store: DistrictStore, receipts: Any) -> None:
        told = "items" if any(one.sis_id is not None for one in receipts) else "scores"
        if receipts and told == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        usual(store, receipts)

    pytest.MonkeyPatch().setattr(DistrictStore, "record_receipts", record)
    night(Practice(home, NOBODY, NOBODY))
