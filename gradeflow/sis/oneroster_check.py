"""`gradeflow check` of a OneRoster provider: one record of each kind, and what it says of itself. Never writes.

Version 1.2 lets a provider publish its own description of a service below `/discovery/`; where it does, it tells
before the first night whether line items and results may be written at all.

Source: OneRoster 1.2 REST binding, service discovery, and the conformance guide, which names the file otherwise;
read 2026-11.
"""

from __future__ import annotations

import re
from typing import Any

from gradeflow.errors import OutsideError, PermanentError
from gradeflow.ports import CheckResult
from gradeflow.sis.oneroster_answers import without_terms
from gradeflow.sis.profile import OneRosterProfile
from gradeflow.transport.oneroster import Version, id_of, path_of
from gradeflow.transport.oneroster_lists import (
    CATEGORIES,
    CLASSES,
    LINE_ITEMS,
    SESSIONS,
    TEACHERS,
    ListName,
    ListReader,
)

DESCRIPTIONS = (
    "/discovery/onerosterv1p2gradebookservice_openapi3_v1p0.json",
    "/discovery/imsorv1p2_gradebook_openapi3_v1p0.json",
)
_NEEDED = {"line items": ("put", "/lineitems/{}"), "results": ("put", "/results/{}")}


async def check(
    profile: OneRosterProfile,
    version: Version,
    roster: ListReader,
    gradebook: ListReader,
    line_items_name: str,
    *,
    reads_terms: bool = False,
) -> list[CheckResult]:
    """Read one record of each kind; stop at the first that fails, the rest would fail alike."""
    lists: list[tuple[ListReader, str, ListName]] = [
        (roster, "/gradingPeriods", SESSIONS),
        (roster, "/classes", CLASSES),
        (gradebook, "/categories", CATEGORIES),
        (roster, "/teachers", TEACHERS),
    ]
    results: list[CheckResult] = []
    a_class: str | None = None
    for reader, path, name in lists:
        try:
            records = await reader.first(path, name)
        except OutsideError as error:
            return [*results, _failed(f"read {path}", error, profile, version)]
        may_be_empty = name is CATEGORIES and version not in profile.maps_categories
        a_class = id_of(records[0]) if name is CLASSES and records else a_class
        detail = "readable" if records else "is empty"
        results.append(CheckResult(f"read {path}", passed=bool(records) or may_be_empty, detail=detail))
    if reads_terms:
        terms = "read /academicSessions"
        try:
            await roster.first("/academicSessions", SESSIONS)
        except OutsideError as error:
            return [*results, CheckResult(terms, passed=False, detail=str(without_terms(error)))]
        results.append(CheckResult(terms, passed=True, detail="readable"))
    if a_class is not None:
        try:
            await gradebook.first(f"{path_of('classes', a_class)}/{line_items_name}", LINE_ITEMS)
        except OutsideError as error:
            return [*results, _failed("read the line items of a class", error, profile, version)]
        results.append(CheckResult("read the line items of a class", passed=True, detail="readable"))
    return results if version == "1.1" else [*results, await _described(profile, gradebook)]


def _failed(name: str, error: OutsideError, profile: OneRosterProfile, version: Version) -> CheckResult:
    hint = ""
    if error.status == 404 and len(profile.versions) > 1:
        others = " or ".join(f'"{one}"' for one in profile.versions if one != version)
        hint = f". OneRoster {version} was asked for; does the district have version: {others}?"
    return CheckResult(name, passed=False, detail=f"{error}{hint}")


async def _described(profile: OneRosterProfile, gradebook: ListReader) -> CheckResult:
    name = "what the gradebook service says of itself"
    for path in DESCRIPTIONS:
        try:
            document = await gradebook.http.get(path)
        except PermanentError:
            continue  # published under the other name, or not at all: it need not be
        except OutsideError as error:
            return CheckResult(name, passed=False, detail=str(error))
        absent = [what for what, call in _NEEDED.items() if call not in offered_calls(document)]
        if absent:
            detail = f"it takes no {' and no '.join(absent)}. {profile.widen}"
            return CheckResult(name, passed=False, detail=detail)
        return CheckResult(name, passed=True, detail="line items and results may be written")
    return CheckResult(name, passed=True, detail="not published, which is allowed")


def offered_calls(document: Any) -> set[tuple[str, str]]:
    """Read the calls of an OpenAPI description: method and path, in small letters, ids as `{}`.

    >>> offered_calls({"paths": {"/results/{sourcedId}": {"put": {}, "parameters": []}}})
    {('put', '/results/{}')}
    """
    paths = document.get("paths") if isinstance(document, dict) else None
    found: set[tuple[str, str]] = set()
    for path, calls in paths.items() if isinstance(paths, dict) else ():
        plain = re.sub(r"\{[^}]*\}", "{}", str(path)).lower()
        # A description may repeat the service's root in each path.
        plain = re.sub(r"^.*/v1p2(?=/)", "", plain)
        found |= {(str(method).lower(), plain) for method in calls if method != "parameters"}
    return found
