"""What the last run read, from the immutable Parquet files: nobody is asked again.

Of one assignment only what judging it needs is read: its results, and those of items of the same name, since a second
item of one name is judged by the first.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gradeflow.errors import ConfigError
from gradeflow.model import frames
from gradeflow.model.gradebook import GradebookExtract, SisReference
from gradeflow.model.ledger import Extract
from gradeflow.settings import Home
from gradeflow.warehouse.extracts import latest_extract
from gradeflow.warehouse.store import Warehouse

SECTION = "section_id_sis"
ASSIGNMENT = "lms_assignment_id"
OF_SECTIONS = ("enrolments", "class_teachers")
REFERENCE = (*OF_SECTIONS, "sections", "grading_periods", "categories", "students", "teachers")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What both sides said, cut to the sections of one assignment, or of every section without its results.

    Attributes:
        run_id, read_at: the run that read the LMS, and when.
        lms, sis: which immutable bundles these are, by run and digest; None where nobody keeps them.
        left_out: what the LMS holds and the reading passed over, by code.
        unread_sections: sections that the LMS did not give whole.
    """

    extract: GradebookExtract
    reference: SisReference
    run_id: str
    read_at: dt.datetime
    lms: Extract | None = None
    sis: Extract | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def unread_sections(self) -> frozenset[str]:
        """Sections that the LMS did not give whole."""
        return self.extract.incomplete_sections


def read_evidence(home: Home, warehouse: Warehouse, district: str, assignment: str) -> Evidence:
    """Read what the last run knew of an assignment; its line items are empty where the LMS did not have it.

    Raises:
        ConfigError: no run of the district has read its systems yet.
    """
    read, told = _last(home, warehouse, district)
    lms, sis = _kept(home, read), _kept(home, told)
    sections = _sections_of(lms, assignment)
    return Evidence(
        _extract(lms, assignment, sections),
        _reference(sis, sections),
        read.run_id,
        read.written_at,
        read,
        told,
        dict(_values(lms).get("left_out", {})),
    )


def read_items(home: Home, warehouse: Warehouse, district: str) -> Evidence:
    """Read the line items of every section and what the SIS said of itself, without any result.

    Raises:
        ConfigError: no run of the district has read its systems yet.
    """
    read, told = _last(home, warehouse, district)
    lms, sis = _kept(home, read), _kept(home, told)
    incomplete = _values(lms)["incomplete_sections"]
    items = frames.completed(frames.LINE_ITEMS, _rows(lms, "line_items"))
    extract = GradebookExtract(items, frames.empty(frames.RESULTS), frozenset(incomplete))
    reference = _completed({name: _rows(sis, name) for name in REFERENCE})
    return Evidence(extract, reference, read.run_id, read.written_at)


def named_alike(items: pd.DataFrame, assignment: str) -> list[str]:
    """List the assignments that have the name of one of them, itself among them."""
    titles = items["title"].str.normalize("NFC").str.strip()
    return sorted(set(items.loc[titles.isin(titles[items[ASSIGNMENT] == assignment]), ASSIGNMENT]))


def _last(home: Home, warehouse: Warehouse, district: str) -> tuple[Extract, Extract]:
    """Find what was read last of a district's LMS and of its SIS."""
    with warehouse.reading() as connection:
        read = latest_extract(connection, "lms_gradebook", district)
        told = latest_extract(connection, "sis_reference", district)
    if read is None or told is None:
        raise ConfigError(
            f"no run of {district} has read its systems yet; start with gradeflow plan {district}"
        )
    return read, told


def _values(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "values.json").read_text(encoding="utf-8")))


def _kept(home: Home, extract: Extract) -> Path:
    folder = home.path / extract.path
    if not folder.is_dir():
        raise ConfigError(f"{folder} is gone: was it purged? A new gradeflow plan reads both systems again")
    return folder


def _rows(folder: Path, name: str, column: str | None = None, values: Iterable[str] = ()) -> pd.DataFrame:
    """Read a frame, or its rows of some ids: only the groups of rows that may hold one, by the file's statistics."""
    wanted = sorted(set(values))
    with pq.ParquetFile(folder / f"{name}.parquet") as file:
        groups = [
            number
            for number in range(file.num_row_groups)
            if column is None or _may_hold(file.metadata.row_group(number), column, wanted)
        ]
        # A thread per column costs more than these few rows take
        table = file.read_row_groups(groups, use_threads=False)
    if column is not None:
        # Typed, since an empty list of no type matches no column
        table = table.filter(pc.field(column).isin(pa.array(wanted, pa.large_string())))
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _may_hold(group: pq.RowGroupMetaData, column: str, wanted: Sequence[str]) -> bool:
    """Tell whether a group of rows may hold one of some ids; without statistics, any may."""
    at = next(n for n in range(group.num_columns) if group.column(n).path_in_schema == column)
    known = group.column(at).statistics
    if known is None or not known.has_min_max:
        return True
    first, last = str(known.min), str(known.max)
    return any(first <= one <= last for one in wanted)


def _sections_of(lms: Path, assignment: str) -> list[str]:
    with pq.ParquetFile(lms / "line_items.parquet") as file:
        known = file.read([ASSIGNMENT, SECTION], use_threads=False)
    mine = known.filter(pc.field(ASSIGNMENT) == assignment)
    return sorted(set(mine[SECTION].to_pylist()))


def _extract(lms: Path, assignment: str, sections: list[str]) -> GradebookExtract:
    items = _rows(lms, "line_items", SECTION, sections).reset_index(drop=True)
    results = _rows(lms, "results", ASSIGNMENT, named_alike(items, assignment)).reset_index(drop=True)
    return GradebookExtract(
        frames.completed(frames.LINE_ITEMS, items),
        frames.completed(frames.RESULTS, results),
        # All of them: a section that was not read whole may lack this very assignment
        frozenset(_values(lms)["incomplete_sections"]),
    )


def _reference(sis: Path, sections: list[str]) -> SisReference:
    read = {
        name: _rows(sis, name, SECTION, sections) if name in OF_SECTIONS else _rows(sis, name)
        for name in REFERENCE
    }
    return _completed({name: frame.reset_index(drop=True) for name, frame in read.items()})


def _completed(read: Mapping[str, pd.DataFrame]) -> SisReference:
    """Give what the SIS said; what an earlier version did not read yet is unknown in it."""
    return SisReference(**{**read, "sections": frames.completed(frames.SIS_SECTIONS, read["sections"])})
