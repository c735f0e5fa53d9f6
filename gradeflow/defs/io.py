"""Where assets lie: one immutable folder of Parquet per (asset, district, run), named by its digest.

The warehouse's table `extract` says which folder holds which partition, and is switched in one transaction when
the whole range is complete. Evidence is never overwritten.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pandas as pd

from gradeflow.defs.bundles import Bundle, unpack_extract
from gradeflow.defs.failures import as_dagster_failures
from gradeflow.defs.partitions import scope_of
from gradeflow.defs.resources import GradeflowHome
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.model.ledger import Extract
from gradeflow.settings import Home
from gradeflow.warehouse.extracts import extract_for, latest_extract, switch_extracts
from gradeflow.warehouse.store import Warehouse

VALUES = "values.json"
GRADEBOOK = "lms_gradebook"
ROWS_TOGETHER = 16_384


def write_bundle(folder: Path, bundle: Bundle) -> tuple[Path, str]:
    """Write a bundle to a new folder named by its digest; one that is there already is the same.

    Returns:
        The folder and the digest of its content.
    """
    folder.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(dir=folder, prefix=".staged-"))
    for name, frame in bundle.frames.items():
        # In groups of rows, so that one assignment is found without reading them all
        frame.to_parquet(
            staged / f"{name}.parquet", index=False, compression="zstd", row_group_size=ROWS_TOGETHER
        )
    (staged / VALUES).write_text(json.dumps(bundle.values, sort_keys=True), encoding="utf-8")
    target = folder / bundle.digest[:32]
    if target.exists():
        shutil.rmtree(staged)
    else:
        staged.rename(target)
    return target, bundle.digest


def read_bundle(folder: Path) -> Bundle:
    """Read a bundle back."""
    frames = {file.stem: pd.read_parquet(file) for file in sorted(folder.glob("*.parquet"))}
    return Bundle(frames, json.loads((folder / VALUES).read_text(encoding="utf-8")))


def last_gradebook(home: GradeflowHome, district: str) -> GradebookExtract | None:
    """Load what a district's LMS said last, from the immutable bundle of that run; None where it does not fit.

    Every reading takes a whole LMS in, whatever partitions it was for, and its bundle is listed only when it
    is complete. One that retention has purged, or that is not what was written, is as good as none.
    """
    with home.warehouse().reading() as connection:
        found = latest_extract(connection, GRADEBOOK, district)
    if found is None:
        return None
    try:
        bundle = read_bundle(home.home.path / found.path)
        return unpack_extract(bundle) if bundle.digest == found.digest else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


class BundleIOManager(dg.IOManager):
    """Stores bundles for a home. Output and input are `Bundle` values."""

    def __init__(
        self, home: Home, warehouse: Callable[[], Warehouse], now: Callable[[], dt.datetime]
    ) -> None:
        self._home = home
        self._warehouse = warehouse
        self._now = now

    def handle_output(self, context: dg.OutputContext, obj: Bundle) -> None:
        """Write the bundle, then point all partitions of the range at it."""
        with as_dagster_failures():
            self._write(context, obj)

    def load_input(self, context: dg.InputContext) -> Bundle:
        """Read this run's own bundle, else the one that holds all partitions of the range."""
        with as_dagster_failures():
            return self._read(context)

    def _write(self, context: dg.OutputContext, obj: Bundle) -> None:
        keys = list(context.asset_partition_keys)
        district, _ = scope_of(keys, self._home)
        asset = context.asset_key.to_user_string()
        folder, digest = write_bundle(self._home.path / "extracts" / asset / district, obj)
        path = folder.relative_to(self._home.path).as_posix()
        written_at = self._now()
        rows = [
            Extract(asset, district, key, path, digest, context.run_id, obj.rows, written_at) for key in keys
        ]
        own = self._own(asset, district, context.run_id)
        own.parent.mkdir(exist_ok=True)
        own.write_text(path, encoding="utf-8")
        with self._warehouse().writing() as connection:
            switch_extracts(connection, rows)

    def _own(self, asset: str, district: str, run_id: str) -> Path:
        """Name the file that says which bundle a run itself made, whatever another run switched to meanwhile."""
        return self._home.path / "extracts" / asset / district / "runs" / run_id

    def _read(self, context: dg.InputContext) -> Bundle:
        keys = list(context.asset_partition_keys)
        district, _ = scope_of(keys, self._home)
        asset = context.asset_key.to_user_string()
        own = self._own(asset, district, context.step_context.run_id)
        if own.exists():
            return read_bundle(self._home.path / own.read_text(encoding="utf-8"))
        with self._warehouse().reading() as connection:
            found = extract_for(connection, asset, district, keys)
        paths = {extract.path for extract in found}
        if len(found) != len(keys) or len(paths) != 1:
            raise dg.Failure(
                f"{asset} of these partitions was not made in one run. Materialise {asset} for the whole range first.",
                allow_retries=False,
            )
        return read_bundle(self._home.path / paths.pop())
