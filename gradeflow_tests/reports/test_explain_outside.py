"""What explain says of a score outside: the window, the pilot, the class, a whole reading, the newest line item."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gradeflow.defs.bundles import pack_extract, unpack_extract
from gradeflow.defs.io import read_bundle, write_bundle
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.model.ledger import Extract
from gradeflow.settings import Home
from gradeflow.warehouse import keys
from gradeflow.warehouse.extracts import latest_extract, switch_extracts
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.cli.commands import run
from gradeflow_tests.delivery.practice import DISTRICT, Practice, copy_of
from gradeflow_tests.reports.test_explain import MATH, only, told


@pytest.fixture
def home(loaded_home: tuple[Path, dict[str, Any], Any], tmp_path: Path) -> Path:
    return copy_of(loaded_home[0], tmp_path / "home")


def leave(home: Path, change: Any) -> None:
    """Leave another reading of the LMS behind, as a run does."""
    place = Home(home)
    warehouse = Warehouse.open(place.warehouse_url())
    with warehouse.writing() as connection:
        last = latest_extract(connection, "lms_gradebook", DISTRICT)
        assert last is not None
        changed = pack_extract(change(unpack_extract(read_bundle(home / last.path))))
        folder, digest = write_bundle(home / "extracts" / "lms_gradebook" / DISTRICT, changed)
        path = folder.relative_to(home).as_posix()
        later = last.written_at + pd.Timedelta(days=1)
        again = Extract("lms_gradebook", DISTRICT, last.partition_key, path, digest, "later", 1, later)
        switch_extracts(connection, [again])
    warehouse.close()


def unread(extract: GradebookExtract) -> GradebookExtract:
    """Read section MATH in part: its assignments did not come."""
    items, results = (
        frame[frame["section_id_sis"] != MATH].reset_index(drop=True)
        for frame in (extract.line_items, extract.results)
    )
    return replace(extract, line_items=items, results=results, incomplete_sections=frozenset({MATH}))


def test_what_an_incomplete_reading_lacks_is_unknown_and_not_gone(home: Path) -> None:
    leave(home, unread)
    item = only(told(home, "501", MATH))
    assert (item["lms"], item["answer"]["code"]) == (None, "LMS_INCOMPLETE")
    assert item["answer"]["text"].endswith("What was sent before stays in the SIS.")
    score = only(told(home, "501", MATH, "s-001"))
    assert (score["score"]["sent"] is not None, score["answer"]["code"]) == (True, "LMS_INCOMPLETE")


def test_a_run_of_a_version_that_did_not_read_when_a_section_ends_is_still_explained(home: Path) -> None:
    for path in home.glob(f"extracts/sis_reference/{DISTRICT}/*/sections.parquet"):
        pd.read_parquet(path).drop(columns="end_date").to_parquet(path)
    assert only(told(home, "501", MATH, "s-001"))["answer"]["code"] is None
    assert run(home, "rollover", DISTRICT, "--effective-date", "2027-08-16").code == 0


def test_before_the_effective_date_and_outside_the_pilot_are_told_with_their_settings(
    practice: Practice,
) -> None:
    practice.change_file(
        lambda content: content["passback"].update(effective_date="2026-10-31", sections=["m9-02"])
    )
    assert practice.sync().code in {0, 3}
    pilot = only(told(practice.home, "501", MATH, "s-001"))
    assert pilot["answer"]["code"] == "SECTION_NOT_IN_PILOT"
    early = only(told(practice.home, "502", "m9-02"))
    assert early["answer"]["code"] == "BEFORE_EFFECTIVE_DATE"
    rule = next(one for one in early["rules"] if one["code"] == "BEFORE_EFFECTIVE_DATE")
    assert (rule["key"], rule["verdict"]) == ("effective_date", "fails")
    assert rule["threshold"] == "assigned on or after 2026-10-31"


def test_an_assignment_deleted_before_it_was_ever_sent_says_that_it_was_never_sent(home: Path) -> None:
    def without(extract: GradebookExtract) -> GradebookExtract:
        items, results = (
            frame[frame["lms_assignment_id"] != "504"].reset_index(drop=True)
            for frame in (extract.line_items, extract.results)
        )
        return replace(extract, line_items=items, results=results)

    before = [one["section"] for one in told(home, "504")["sections"]]
    leave(home, without)
    after = told(home, "504")["sections"]
    assert [one["section"] for one in after] == before != []
    for section in after:
        assert section["lms"] is None
        assert section["answer"]["text"].endswith("it was never sent.")


@pytest.mark.parametrize(
    ("student", "says"),
    [
        ("nobody", "the SIS does not know the id either"),
        ("s-012", "not in this section"),
    ],
)
def test_a_student_whom_the_lms_does_not_list_is_told_with_what_the_sis_says(
    home: Path, student: str, says: str
) -> None:
    assert says in only(told(home, "501", MATH, student))["answer"]["text"]


def test_of_several_generations_the_newest_is_told_and_the_older_are_named(home: Path) -> None:
    place = Home(home)
    warehouse = Warehouse.open(place.warehouse_url())
    first = only(told(home, "501", MATH))
    anew = pd.DataFrame(
        {
            "lms_assignment_id": ["501"],
            "section_id_sis": [MATH],
            "line_item_id": ["made-anew"],
            "assigned_on": [pd.Timestamp("2026-10-05")],
            "assigned_basis": ["assigned"],
            "generation": [1],
        }
    )
    with warehouse.writing() as connection:
        keys.line_item_keys(connection, DISTRICT, anew, as_of=pd.Timestamp("2026-11-03", tz="UTC"))
    warehouse.close()
    section = only(told(home, "501", MATH))
    assert (section["in_sis"]["line_item_id"], section["in_sis"]["generation"]) == ("made-anew", 1)
    (older,) = section["older"]
    assert older["line_item_id"] == first["in_sis"]["line_item_id"]
    assert older["last_run"] == first["sends"][-1]["run_id"]
    assert section["sends"] == []
    assert "made anew" in run(home, "explain", DISTRICT, "--assignment", "501").out.lower()


def test_the_first_line_answers_and_the_evidence_is_named_by_its_digests(home: Path) -> None:
    place = "--assignment", "504", "--section", MATH
    first, *rest = run(home, "explain", DISTRICT, *place).out.splitlines()
    assert first.startswith(f"Section {MATH}, not in the SIS: ")
    assert first.endswith("NAME_TOO_LONG")
    document = run(home, "explain", DISTRICT, *place, "--json").document
    for side, asset in (("lms", "lms_gradebook"), ("sis", "sis_reference")):
        kept = document["evidence"][side]
        assert (home / kept["path"]).name == kept["digest"][:32]
        assert f"extracts/{asset}/" in kept["path"]
        assert any(kept["digest"][:12] in line for line in rest)
    sent, *_ = run(home, "explain", DISTRICT, "--assignment", "501", "--section", MATH).out.splitlines()
    assert sent == f"Section {MATH}, in the SIS: It is in the SIS as the LMS has it."
