"""`gradeflow check`: district files, secrets and connections, one line each; writes nothing anywhere."""

from __future__ import annotations

import asyncio

import typer

from gradeflow.cli.night import no_district
from gradeflow.cli.options import Districts, HomeOption, Json, home_of
from gradeflow.cli.output import OUT, print_json, say, told_to_the_operator, worst
from gradeflow.core.breakers import CANNOT_CLEAR
from gradeflow.core.scope import Scope
from gradeflow.defs.connections import Prepared, missing_secrets, prepare, profile_of
from gradeflow.defs.exit_codes import exit_code_of
from gradeflow.defs.resources import GradeflowHome
from gradeflow.errors import GradeflowError, OutsideError
from gradeflow.model.district import District
from gradeflow.ports import CheckResult
from gradeflow.rules.profile import Profile
from gradeflow.settings import Home
from gradeflow.sis.registry import by_kind

FIRST_LOAD = "first load"
PRACTICE = "practice servers"
SCHOOL_YEAR = "school year"
NOTES = frozenset({FIRST_LOAD, SCHOOL_YEAR})  # told, and no failure
NOTE_MARK, PASSED_MARK = "[yellow]note[/]", "[green]ok[/]  "


def check(districts: Districts = None, home: HomeOption = None, json: Json = False) -> None:
    """Try everything that a night needs, and say what to do about what fails."""
    with told_to_the_operator():
        place = home_of(home)
        place.settings()
        names = list(dict.fromkeys(districts or place.district_names()))
        misnamed = [] if districts else place.misnamed()
        if not names:
            raise misnamed[0] if misnamed else no_district(place)
    codes = [exit_code_of(error) for error in misnamed]
    for error in misnamed:
        say(str(error), "gradeflow")
    shown = []
    for name in names:
        results, code = _check(place, name)
        codes.append(code)
        shown.append({"district": name, "checks": [_document(result) for result in results]})
        if not json:
            _print(name, results)
    if json:
        print_json({"districts": shown})
    raise typer.Exit(worst(codes))


def _document(result: CheckResult) -> dict[str, object]:
    return {"name": result.name, "passed": result.passed, "detail": result.detail}


def _print(name: str, results: list[CheckResult]) -> None:
    OUT.print(f"\n[bold]{name}[/]")
    for result in results:
        mark = NOTE_MARK if result.name in NOTES else PASSED_MARK if result.passed else "[red]FAIL[/]"
        OUT.print(f"  {mark} {result.name}: ", end="")
        OUT.print(result.detail, markup=False, soft_wrap=True)


def _check(home: Home, name: str) -> tuple[list[CheckResult], int]:
    clock = GradeflowHome(path=str(home.path))
    try:
        file = home.district(name)
        missing = [CheckResult("secret", passed=False, detail=str(error)) for error in missing_secrets(file)]
        profile = profile_of(file)
        results = [CheckResult("district file", passed=True, detail=f"{file.path}, route {profile.route}")]
        results += [*_standing(file.district, profile), *missing]
        if missing:
            return results, 2
        prepared = prepare(home, name, Scope(()), {}, clock.now)
    except GradeflowError as error:
        what = PRACTICE if isinstance(error, OutsideError) else "district file"
        return [CheckResult(what, passed=False, detail=str(error))], exit_code_of(error)
    codes = [2 * (not all(result.passed for result in results))]
    for side in ("lms", "sis"):
        found, code = asyncio.run(_connect(prepared, side))
        results += found
        codes.append(code)
    return results, worst(codes)


def _standing(district: District, profile: Profile) -> list[CheckResult]:
    """Say what the file leaves out that would stop a night, or let nothing pass."""
    found = []
    missing = [fact for fact in profile.values.attestations if not district.is_attested(fact)]
    if missing:
        detail = "not attested: " + ", ".join(missing) + "; see attested in the district file"
        found.append(CheckResult("attested facts", passed=False, detail=detail))
    if profile.values.teacher_group and not district.passback.teachers:
        detail = (
            "passback.teachers is empty, and on this route only their assignments pass back: nothing would"
        )
        found.append(CheckResult("teachers", passed=False, detail=detail))
    if district.passback.first_load is None:
        detail = (
            f"not approved; as long as nothing was ever sent, a night stops before it writes. Look at "
            f"gradeflow plan {district.district}, then add passback.first_load: {{approved_by: NAME, on: DATE}}"
        )
        found.append(CheckResult(FIRST_LOAD, passed=True, detail=detail))
    sis = by_kind(district.sis.kind)
    if not sis.names_school_years and district.calendar.year_begins is None:
        detail = (
            f"the grading periods of {sis.label} name no school year; write calendar.year_begins: DATE, the first day "
            "of this one. Without it an assignment that is used again in a new year goes over last year's in the SIS"
        )
        found.append(CheckResult(SCHOOL_YEAR, passed=True, detail=detail))
    return found


async def _connect(prepared: Prepared, side: str) -> tuple[list[CheckResult], int]:
    try:
        if side == "lms":
            async with prepared.source() as source:
                results = await source.check()
        else:
            async with prepared.sink() as sink:
                results = await sink.check()
                if prepared.profile.values.on_cleared == "clear" and not sink.clears_results:
                    results.append(CheckResult("on_cleared", passed=False, detail=CANNOT_CLEAR))
    except GradeflowError as error:
        return [CheckResult(f"{side} connection", passed=False, detail=str(error))], exit_code_of(error)
    label = prepared.district.lms.kind if side == "lms" else prepared.district.sis.kind
    named = [CheckResult(f"{label} {result.name}", result.passed, result.detail) for result in results]
    return named, 0 if all(result.passed for result in named) else 5
