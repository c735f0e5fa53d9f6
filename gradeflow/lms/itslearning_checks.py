"""What `gradeflow check` asks an itslearning data warehouse: four reads, each of one page at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gradeflow.errors import OutsideError
from gradeflow.lms.itslearning_records import MODIFIED, columns_missing, value_of
from gradeflow.lms.itslearning_site import Bridge, ItslearningSettings
from gradeflow.ports import CheckResult
from gradeflow.transport.http import HttpClient
from gradeflow.transport.odata import Values, entity_pages

EMPTY = "is empty: is base_url that of the right site?"


async def checked(
    http: HttpClient, settings: ItslearningSettings, read_bridge: Callable[[], Awaitable[Bridge]]
) -> list[CheckResult]:
    """Try the password, the bridge, the columns of items and the statuses of the newest grades."""
    checks = _Checks(http, settings, read_bridge)
    results: list[CheckResult] = []
    for name, work in (
        ("data warehouse", checks.grades),
        ("bridge to the SIS", checks.bridge),
        ("columns of LearningItems", checks.items),
        ("meaning of statuses", checks.statuses),
    ):
        try:
            results.append(CheckResult(name, *await work()))
        except OutsideError as error:
            results.append(CheckResult(name, passed=False, detail=str(error)))
            if name == "data warehouse":
                break
    return results


@dataclass(frozen=True, slots=True)
class _Checks:
    """One question each; the answers are whether it passed, and what to tell."""

    http: HttpClient
    settings: ItslearningSettings
    read_bridge: Callable[[], Awaitable[Bridge]]

    async def grades(self) -> tuple[bool, str]:
        rows = await self._first("UserGrades", {"$orderby": f"{MODIFIED} desc", "$top": "1"})
        if not rows:
            return False, f"UserGrades {EMPTY}"
        return True, f"readable; its newest grade was loaded {rows[0].get(MODIFIED)}"

    async def bridge(self) -> tuple[bool, str]:
        bridge = await self.read_bridge()
        merged = sum(len(sections) > 1 for sections in bridge.sections.values())
        told = f"{len(bridge.sections)} courses, {merged} of them merged, {len(bridge.people)} people"
        if merged and not bridge.seats:
            return False, f"{told}; merged courses need members.csv, which says who sits in which section"
        return bool(bridge.sections and bridge.people), told

    async def items(self) -> tuple[bool, str]:
        rows = await self._first("LearningItems", {"$top": "1"})
        if not rows:
            return False, f"LearningItems {EMPTY}"
        missing = [name for name in ("LearningItemId", *self.settings.items.names()) if name not in rows[0]]
        if missing:
            raise columns_missing("LearningItems", missing, sorted(rows[0]))
        return True, "all there"

    async def statuses(self) -> tuple[bool, str]:
        rows = await self._first("UserGrades", {"$orderby": f"{MODIFIED} desc"})
        seen = Counter(value_of(row, "AssessmentStatusId") for row in rows)
        unknown = {key: number for key, number in seen.items() if self.settings.words(key) is None}
        if not unknown:
            return True, f"all {len(seen)} statuses of the newest {len(rows)} grades are named"
        told = ", ".join(f"{key} ({number} grades)" for key, number in sorted(unknown.items()))
        return (
            False,
            f"not named in lms.statuses: AssessmentStatusId {told}; their grades are left alone until then",
        )

    async def _first(self, entity: str, options: dict[str, str]) -> list[Values]:
        async for page in entity_pages(self.http, entity, options):
            return page
        return []
