"""`gradeflow ui` as a real process, and talking to it as its pages do."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from gradeflow.sandbox.server import free_ports

T = TypeVar("T")
SECONDS = 240.0
ASSETS = ("lms_gradebook", "sis_reference", "eligible_gradebook", "passback_plan", "passback_delivery")
BACKFILL = """
mutation ($backfillParams: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $backfillParams) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message }
  }
}"""
BACKFILL_STATUS = """
query ($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"""
RUNS = """
query ($filter: RunsFilter) {
  runsOrError(filter: $filter) { ... on Runs { results { runId status jobName tags { key value } } } }
}"""
CHECKS = """
query ($check: String!) {
  assetCheckExecutions(assetKey: {path: ["passback_plan"]}, checkName: $check, limit: 20) {
    runId status evaluation { description }
  }
}"""


def wait_for(what: str, answer: Callable[[], T | None], seconds: float = SECONDS) -> T:
    """Ask until there is an answer; fail at the deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = answer()
        if found is not None:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


@dataclass
class Served:
    """A UI that answers."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def ask(self, query: str, **variables: Any) -> Any:
        answer = httpx.post(
            f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=60
        ).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def backfill(self, partitions: Sequence[str]) -> list[dict[str, Any]]:
        """Launch partitions of all assets as the asset page does, and give the runs once all have ended."""
        params = {
            "assetSelection": [{"path": [name]} for name in ASSETS],
            "partitionNames": list(partitions),
            "tags": [],
        }
        launched = self.ask(BACKFILL, backfillParams=params)["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched

        def ended() -> bool | None:
            status = self.ask(BACKFILL_STATUS, id=launched["backfillId"])["partitionBackfillOrError"][
                "status"
            ]
            return True if status.startswith(("COMPLETED", "FAILED", "CANCELED")) else None

        wait_for("the end of the backfill", ended)
        return self.runs({"tags": [{"key": "dagster/backfill", "value": launched["backfillId"]}]})

    def runs(self, only: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        found = self.ask(RUNS, filter=only)["runsOrError"]["results"]
        return [run | {"tags": {tag["key"]: tag["value"] for tag in run["tags"]}} for run in found]

    def checks(self, name: str) -> dict[str, tuple[str, str]]:
        """Give the answers to a check of the plan: per run its status and its words."""
        found = self.ask(CHECKS, check=name)["assetCheckExecutions"]
        return {row["runId"]: (row["status"], (row["evaluation"] or {}).get("description")) for row in found}


@contextlib.contextmanager
def serving(home: Path) -> Iterator[Served]:
    """Serve a home on a free port of loopback, and end it with SIGTERM."""
    port = free_ports(1)[0]
    log = home / "ui.log"
    command = [sys.executable, "-m", "gradeflow", "ui", "--home", str(home), "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment)
    served = Served(f"http://127.0.0.1:{port}", process, log)
    with ended_with_all(process, signal.SIGTERM):
        wait_for("an answer of the UI", lambda: loaded(served))
        yield served


@contextlib.contextmanager
def ended_with_all(process: subprocess.Popen[bytes], how: signal.Signals) -> Iterator[None]:
    """End a process with the block, and whatever it started and did not end itself."""
    try:
        yield
    finally:
        started = {process.pid, *descendants(process.pid)}
        process.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=60)
        for pid in started & set(_parents()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def loaded(served: Served) -> bool | None:
    assert served.process.poll() is None, served.log.read_text()
    try:
        query = "{ repositoriesOrError { ... on RepositoryConnection { nodes { location { name } } } } }"
        nodes = served.ask(query)["repositoriesOrError"].get("nodes")
    except (httpx.HTTPError, ValueError):
        return None
    return True if nodes else None


def descendants(pid: int) -> list[int]:
    """List the processes that a process started, and those that they started."""
    parents = _parents()
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def _parents() -> dict[int, int]:
    listed = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split() for line in listed.splitlines()]
    return {int(pid): int(parent) for pid, parent, state, *_ in rows if not state.startswith("Z")}
