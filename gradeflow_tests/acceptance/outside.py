"""Looking at gradeflow from outside: its commands as processes, the SIS over plain HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

SECONDS = 600


def gradeflow(
    *arguments: str, home: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "gradeflow", *arguments, "--home", str(home)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=os.environ | (env or {}),
        check=False,
    )


@contextlib.contextmanager
def sandbox(home: Path) -> Iterator[dict[tuple[str, str], dict[str, Any]]]:
    """Serve what a home holds; by (district, kind)."""
    command = [sys.executable, "-m", "gradeflow", "sandbox", "--home", str(home), "--json"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        servers = json.loads(child.stdout.readline())["servers"]
        yield {(server["district"], server["kind"]): server for server in servers}
    finally:
        child.terminate()
        child.communicate(timeout=30)


@contextlib.contextmanager
def _reading(server: dict[str, Any]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server["base_url"], timeout=60) as client:
        scopes = ("roster.readonly", "gradebook.readonly")
        answer = client.post(
            server["token_url"],
            data={
                "grant_type": "client_credentials",
                "scope": " ".join(f"https://purl.imsglobal.org/spec/or/v1p1/scope/{name}" for name in scopes),
            },
            auth=(server["client_id"], server["client_secret"]),
        )
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


def sis_categories(server: dict[str, Any]) -> dict[str, list[str]]:
    """Read the categories of an SIS's line items, by their title, without our connector."""
    found: dict[str, list[str]] = {}
    with _reading(server) as client:
        for item in _all(client, "lineItems"):
            found.setdefault(item["title"], []).append(item["category"]["sourcedId"])
    return found


def sis_results(server: dict[str, Any]) -> dict[tuple[str, str, str], tuple[float, str]]:
    """Read every result of an SIS by (title of the line item, section, student), without our connector."""
    with _reading(server) as client:
        items = {item["sourcedId"]: item for item in _all(client, "lineItems")}
        found = {}
        for result in _all(client, "results"):
            item = items[result["lineItem"]["sourcedId"]]
            key = (item["title"], item["class"]["sourcedId"], result["student"]["sourcedId"])
            assert key not in found, "the SIS holds a result twice"
            found[key] = (float(result["score"]), result["scoreStatus"])
        return found


def _all(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        page = client.get(f"/{path}", params={"limit": 5000, "offset": len(rows)}).raise_for_status()
        rows += page.json()[path]
        if len(rows) >= int(page.headers["X-Total-Count"]):
            return rows
