"""A drop folder with its roster, opened by our connector, and a line item and a result to drop."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gradeflow.ports import ConnectorContext
from gradeflow.sis.file_drop import CONNECTOR
from gradeflow.sis.file_drop_export import ASSIGNMENTS, SCORES
from gradeflow.sis.file_drop_settings import FileDropSettings
from gradeflow_tests.contracts import manners
from gradeflow_tests.contracts.manners import RESULT, SECTION
from gradeflow_tests.sis.vendor_practice import AS_OF, awkward_school

# A drop knows no schools; its titles have to survive a CSV.
LINE_ITEM = replace(manners.LINE_ITEM, school_id_sis=None, title="Ratios, practice")


@dataclass
class Drop:
    """A drop folder and its roster."""

    root: Path

    @property
    def settings(self) -> dict[str, Any]:
        return {"folder": self.root / "drop", "roster": self.root / "roster"}

    def run(self, work: Callable[[Any], Awaitable[Any]], **more: Any) -> Any:
        async def main() -> Any:
            context = ConnectorContext("practice", awkward_school().zone, AS_OF, lambda reference: "")
            settings = FileDropSettings.model_validate({**self.settings, **more})
            async with CONNECTOR.open(settings, context) as system:
                return await work(system)

        return asyncio.run(main())

    def pack(self, number: int) -> Path:
        return self.root / "drop" / "packs" / f"{number:04}"

    def rows(self, number: int, name: str) -> list[dict[str, str]]:
        with (self.pack(number) / name).open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    def observe(
        self, pack: int, items: list[dict[str, Any]], scores: list[dict[str, Any]], sections: Any
    ) -> None:
        folder = self.root / "drop" / "observed"
        folder.mkdir(parents=True, exist_ok=True)
        columns = {"assignments": ASSIGNMENTS, "scores": SCORES}
        for name, rows in (("assignments", items), ("scores", scores)):
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as lines:
                writer = csv.DictWriter(lines, columns[name], restval="")
                writer.writeheader()
                writer.writerows(rows)
        told = {"packs_entered": pack, "assignments": len(items), "scores": len(scores), "sections": sections}
        (folder / "complete.json").write_text(json.dumps(told), encoding="utf-8")


async def create(system: Any) -> Any:
    return await system.put_line_item(LINE_ITEM), await system.put_result(RESULT)


async def items(system: Any) -> Any:
    return await system.read_line_items(SECTION)


async def results(system: Any) -> Any:
    return await system.read_results(SECTION, "item-1")
