"""What lies in Parquet from before an upgrade is still read after it."""

from __future__ import annotations

import pandas as pd

from gradeflow.defs.bundles import Bundle, pack_extract, pack_reference, unpack_extract, unpack_reference
from gradeflow.model import frames
from gradeflow.model.gradebook import GradebookExtract
from gradeflow_tests.rules.small_school import reference


def test_what_an_earlier_version_did_not_read_is_unknown_in_its_extract() -> None:
    row = pd.DataFrame(
        {"lms_assignment_id": ["501"], "section_id_sis": ["m9-01"], "student_id_sis": ["s-001"]}
    )
    results = frames.completed(frames.RESULTS, row)
    extract = GradebookExtract(
        frames.completed(frames.LINE_ITEMS, row.drop(columns="student_id_sis")), results
    )
    packed = pack_extract(extract)
    earlier = {
        "line_items": packed.frames["line_items"].drop(columns="assigned_basis"),
        "results": packed.frames["results"].drop(columns="attempt"),
    }
    read = unpack_extract(Bundle(earlier, packed.values))
    assert read.results["student_id_sis"].tolist() == ["s-001"]
    assert read.results["attempt"].isna().tolist() == [True]
    assert read.line_items["assigned_basis"].isna().tolist() == [True]
    assert set(read.results) == set(results)
    assert read.results["attempt"].dtype == results["attempt"].dtype


def test_what_an_earlier_version_did_not_read_is_unknown_in_its_reference() -> None:
    packed = pack_reference(reference(ends={"A": "2027-06-11"}))
    earlier = {**packed.frames, "sections": packed.frames["sections"].drop(columns="end_date")}
    read = unpack_reference(Bundle(earlier, packed.values))
    assert frames.checked(frames.SIS_SECTIONS, read.sections)["end_date"].isna().all()
