"""What an SIS holds, read over plain HTTP (or from its files) in the vendor's own way, without our connectors."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from authlib.oauth1 import ClientAuth

from gradeflow.sandbox.practice import ServerSpec
from gradeflow.sandbox.registry import told
from gradeflow_tests.routes.real_school import Cell

Held = dict[Cell, tuple[Decimal | None, str]]
"""Per cell its score and whether it is `graded` or `exempt`."""
SECONDS = 30


@contextmanager
def _client(base_url: str, headers: dict[str, str]) -> Iterator[httpx.Client]:
    # verify=False: loopback, and reading the system's certificates takes longer than the calls
    with httpx.Client(base_url=base_url, headers=headers, timeout=SECONDS, verify=False) as client:
        yield client


def _json(client: httpx.Client, path: str, **params: Any) -> Any:
    answer = client.get(path, params=params or None)
    assert answer.status_code == 200, (path, answer.status_code, answer.text)
    return answer.json()


def _put(held: Held, cell: Cell, value: tuple[Decimal | None, str]) -> None:
    assert cell not in held, "the SIS holds a score twice"
    held[cell] = value


class _Signed(httpx.Auth):
    """Signs by HMAC-SHA1, as a provider with OAuth 1.0a takes it by default."""

    def __init__(self, signer: ClientAuth) -> None:
        self._signer = signer

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:
        _, headers, _ = self._signer.sign(request.method, str(request.url), {}, b"")
        request.headers.update(headers)
        yield request


# ---- OneRoster -----------------------------------------------------------------------------------------


@contextmanager
def oneroster(entry: dict[str, Any]) -> Iterator[httpx.Client]:
    is_new = entry.get("version") == "1.2"
    root = entry["base_url"] + ("/gradebook/v1p2" if is_new else "")
    headers = {}
    if "vendor_key" in entry:
        headers["x-vendor-authorization"] = f"{entry['vendor_key']}:{entry['vendor_secret']}"
    with _client(root, headers) as client:
        if str(entry.get("auth", "")).startswith("oauth1"):
            client.auth = _Signed(ClientAuth(entry["client_id"], entry["client_secret"]))
        else:
            version = "v1p2" if is_new else "v1p1"
            scope = f"https://purl.imsglobal.org/spec/or/{version}/scope/gradebook.readonly"
            answer = client.post(
                entry["token_url"],
                data={"grant_type": "client_credentials", "scope": scope},
                auth=(entry["client_id"], entry["client_secret"]),
            )
            assert answer.status_code == 200, answer.text
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


def _read_oneroster(spec: ServerSpec) -> Held:
    held: Held = {}
    with oneroster(told(spec)) as client:
        items = {item["sourcedId"]: item for item in rows_of(client, "lineItems")}
        for result in rows_of(client, "results"):
            item = items[result["lineItem"]["sourcedId"]]
            cell = (item["title"], item["class"]["sourcedId"], result["student"]["sourcedId"])
            status = "exempt" if result["scoreStatus"] == "exempt" else "graded"
            _put(held, cell, (_number(result.get("score")), status))
    return held


def rows_of(client: httpx.Client, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        page = _json(client, f"/{name}", limit=1000, offset=len(rows))[name]
        rows += page
        if len(page) < 1000:
            return rows


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


# ---- Aeries' own API -----------------------------------------------------------------------------------


def _read_aeries(spec: ServerSpec) -> Held:
    entry = told(spec)
    held: Held = {}
    with _client(f"{entry['base_url']}/api/v5", {"AERIES-CERT": entry["certificate"]}) as client:
        for school in _json(client, "/schools"):
            code = school["SchoolCode"]
            people = {
                row["StudentID"]: row["StateStudentID"] for row in _json(client, f"/schools/{code}/students")
            }
            for section in _json(client, f"/schools/{code}/sections"):
                number = section["SectionNumber"]
                for book in _json(client, f"/schools/{code}/sections/{number}/gradebooks"):
                    for item in _json(client, f"/gradebooks/{book['GradebookNumber']}/assignments"):
                        rows = _json(client, f"/gradebooks/assignments/{item['UniqueID']}/scores")
                        for row in rows:
                            if row["NumberCorrect"] is not None:
                                cell = (item["Description"], section["UserCode1"], people[row["StudentID"]])
                                _put(held, cell, (_number(row["NumberCorrect"]), "graded"))
    return held


# ---- PowerSchool's own API -------------------------------------------------------------------------------


def _read_powerschool(spec: ServerSpec) -> Held:
    entry = told(spec)
    held: Held = {}
    with _client(entry["base_url"], {}) as client:
        login = (entry["client_id"], entry["client_secret"])
        answer = client.post("/oauth/access_token/", data={"grant_type": "client_credentials"}, auth=login)
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        sections = {
            row["dcid"]: row["section_number"] for row in _table(client, "sections", "dcid,section_number")
        }
        students = {
            row["dcid"]: row["state_studentnumber"]
            for row in _table(client, "students", "dcid,state_studentnumber")
        }
        parts: dict[str, tuple[str, str]] = {}
        for user in _table(client, "users", "dcid"):
            params = {"users_dcid": user["dcid"], "section_ids": ",".join(sections)}
            for item in _json(client, "/ws/xte/section/assignment/", **params):
                for part in item["_assignmentsections"]:
                    key = str(part["assignmentsectionid"])
                    parts[key] = (part["name"], sections[str(part["sectionsdcid"])])
        wanted = "assignmentsectionid,studentsdcid,actualscoreentered,isexempt"
        for row in _table(client, "assignmentscore", wanted):
            title, section = parts[row["assignmentsectionid"]]
            is_exempt = row["isexempt"] == "1"
            if is_exempt or row["actualscoreentered"] not in (None, ""):
                value = (_number(row["actualscoreentered"] or None), "exempt" if is_exempt else "graded")
                _put(held, (title, section, students[row["studentsdcid"]]), value)
    return held


def _table(client: httpx.Client, name: str, projection: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    page = 1
    while True:
        path = f"/ws/schema/table/{name}"
        found = _json(client, path, projection=projection, pagesize=100, page=page)["record"]
        rows += [one["tables"][name] for one in found]
        if len(found) < 100:
            return rows
        page += 1


# ---- files that a person enters ------------------------------------------------------------------------------


def _read_packs(spec: ServerSpec) -> Held:
    """Enter every pack in its order, as the person at the SIS does: first its assignments, then its scores."""
    items: dict[str, tuple[str, str]] = {}
    scores: dict[tuple[str, str], tuple[Decimal | None, str]] = {}
    for pack in sorted(Path(told(spec)["folder"]).glob("packs/*")):
        for row in _rows(pack, "assignments.csv"):
            assert (row["line_item_id"] in items) == (row["change"] == "changed")
            items[row["line_item_id"]] = (row["title"], row["section_id"])
        for row in _rows(pack, "scores.csv"):
            key = (row["line_item_id"], row["student_id"])
            assert (key in scores) == (row["change"] == "changed")
            assert row["title"] == items[row["line_item_id"]][0]
            scores[key] = (Decimal(row["score"]), row["status"])
    held: Held = {}
    for (item, student), value in scores.items():
        _put(held, (*items[item], student), value)
    return held


def _rows(pack: Path, name: str) -> Iterator[dict[str, str]]:
    for path in sorted(pack.glob(f"*/{name}")):
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


READERS: dict[str, Callable[[ServerSpec], Held]] = {
    **dict.fromkeys(
        (
            "aeries",
            "eschoolplus",
            "infinite_campus",
            "powerschool",
            "schooltool",
            "skyward_qmlativ",
            "skyward_sms",
        ),
        _read_oneroster,
    ),
    "aeries_v5": _read_aeries,
    "powerschool_xte": _read_powerschool,
    "file_drop": _read_packs,
}


def held_by(spec: ServerSpec) -> Held:
    """Read every score that an SIS holds."""
    return READERS[spec.kind](spec)
