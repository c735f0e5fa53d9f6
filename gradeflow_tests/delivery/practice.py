"""A practice district of the small school: its home, its servers in a process of their own, and real runs on it.

What the SIS holds is read over HTTP by a client of a few lines, never through our connectors.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

DISTRICT = "practice"
SERVE = """
import json, sys
from pathlib import Path
from gradeflow.sandbox.home import specs_of
from gradeflow.sandbox.server import serve
serve(specs_of(Path(sys.argv[1])), lambda entries: print(json.dumps(entries), flush=True))
"""
DEADLINE_SECONDS = 60.0
# What tells one copy of a record from another: the sandbox's stamp of the change.
STAMP = "dateLastModified"


def wait_for(what: str, condition: Callable[[], bool]) -> None:
    """Poll until a condition holds."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        return dict(json.loads(self.out))

    @property
    def run(self) -> dict[str, Any]:
        """The one district of the document."""
        (only,) = self.document["districts"]
        return dict(only)


def command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "gradeflow", *arguments, "--home", str(home)]


def gradeflow(home: Path, *arguments: str, **variables: str) -> Ended:
    """Run a command in a process of its own, to its end."""
    done = subprocess.run(
        command(home, *arguments),
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "80"} | variables,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@contextmanager
def started(home: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a process of its own while the block goes on; end it with the block."""
    with subprocess.Popen(
        command(home, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def ended(child: subprocess.Popen[str]) -> Ended:
    out, err = child.communicate(timeout=DEADLINE_SECONDS)
    return Ended(child.returncode, out, err)


@dataclass
class Server:
    """One running practice server, driven from outside."""

    entry: dict[str, Any]
    client: httpx.Client

    @property
    def origin(self) -> str:
        return str(self.entry["clock"]).removesuffix("/_sandbox/clock")

    def fault(self, do: str, **keys: Any) -> None:
        body = {"faults": [{"do": do, **keys}]}
        answer = self.client.post(f"{self.origin}/_sandbox/fault", json=body)
        assert answer.status_code == 200, answer.text

    def clear(self) -> None:
        """Switch all faults off; held calls go on."""
        self.client.delete(f"{self.origin}/_sandbox/fault")

    @property
    def held(self) -> int:
        return int(self.client.get(f"{self.origin}/_sandbox/fault").json()["held"])

    def edit(self, **keys: Any) -> None:
        answer = self.client.post(f"{self.origin}/_sandbox/edit", json={"edits": [keys]})
        assert answer.status_code == 200, answer.text

    def calls(self, method: str, route: str = "") -> int:
        """Count the calls since the last `forget`."""
        log = self.client.get(f"{self.origin}/_sandbox/log").json()["calls"]
        return sum(c["count"] for c in log if c["method"] == method and c["route"].endswith(route))

    def forget(self) -> None:
        self.client.delete(f"{self.origin}/_sandbox/log")

    def records(self, name: str) -> dict[str, dict[str, Any]]:
        """Read a whole collection by id, without the stamps."""
        found: list[dict[str, Any]] = []
        headers = {"Authorization": f"Bearer {_token_of(self.entry, self.client)}"}
        while True:
            params = {"limit": "100", "offset": str(len(found))}
            answer = self.client.get(f"{self.entry['base_url']}/{name}", params=params, headers=headers)
            assert answer.status_code == 200, answer.text
            page = answer.json()[name]
            found += page
            if not page:
                break
        rows = [{key: value for key, value in row.items() if key != STAMP} for row in found]
        by_id = {row["sourcedId"]: row for row in rows}
        assert len(by_id) == len(rows), f"{name} holds an id twice"
        return by_id


@dataclass
class Practice:
    """One practice district, its servers running."""

    home: Path
    canvas: Server
    sis: Server

    @property
    def file(self) -> Path:
        return self.home / "districts" / f"{DISTRICT}.yaml"

    def change_file(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the district file's content."""
        content = yaml.safe_load(self.file.read_text())
        change(content)
        self.file.write_text(yaml.safe_dump(content, sort_keys=False))

    def sync(self, *more: str) -> Ended:
        return gradeflow(self.home, "sync", DISTRICT, "--json", *more)

    def state(self) -> dict[str, Any]:
        """What the SIS gradebook holds: line items and results, by id."""
        return {name: self.sis.records(name) for name in ("lineItems", "results")}

    def set_clock(self, now: str) -> None:
        httpx.post(f"{self.sis.origin}/_sandbox/clock", json={"now": now}).raise_for_status()

    def item(self, title: str, section: str) -> str:
        """Find the id of a line item in the SIS."""
        (found,) = (
            key
            for key, row in self.sis.records("lineItems").items()
            if row["title"] == title and row["class"]["sourcedId"] == section
        )
        return found

    def results_of(self, item: str) -> dict[str, dict[str, Any]]:
        """Give a line item's results by student."""
        rows = self.sis.records("results").values()
        return {row["student"]["sourcedId"]: row for row in rows if row["lineItem"]["sourcedId"] == item}

    def grade(self, assignment: int, student: str, score: float | None) -> None:
        """Grade as the teacher does, in the LMS."""
        self.canvas.edit(
            collection="submissions", assignment_id=assignment, sis_user_id=student, set={"score": score}
        )

    def overtype(self, item: str, student: str, score: float) -> None:
        """Type a score over ours, as the office does."""
        key = self.results_of(item)[student]["sourcedId"]
        self.sis.edit(collection="results", sourcedId=key, set={"score": score})


def _token_of(entry: dict[str, Any], client: httpx.Client) -> str:
    scopes = " ".join(
        f"https://purl.imsglobal.org/spec/or/v1p1/scope/{name}"
        for name in ("roster.readonly", "gradebook.readonly")
    )
    answer = client.post(
        entry["token_url"],
        data={"grant_type": "client_credentials", "scope": scopes},
        auth=(entry["client_id"], entry["client_secret"]),
    )
    return str(answer.json()["access_token"])


@contextmanager
def served(home: Path) -> Iterator[Practice]:
    """Serve a home's practice systems in a process of their own."""
    child = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(home)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert child.stdout is not None
        entries = {entry["kind"]: entry for entry in json.loads(child.stdout.readline())}
        # verify=False: reading the system's certificates takes longer than the calls
        with httpx.Client(timeout=10, verify=False) as client:
            yield Practice(home, Server(entries["canvas"], client), Server(entries["schooltool"], client))
    finally:
        child.terminate()
        child.communicate()


def copy_of(home: Path, to: Path) -> Path:
    """Copy an untouched home; ports and secrets stay the same."""
    shutil.copytree(home, to)
    return to
