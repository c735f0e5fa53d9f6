"""What a run's tags ask: ids that may hold anything, who asked, and what the schedule sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradeflow.core.choice import Choice
from gradeflow.defs.asked import SCHEDULE, choice_of, is_remaster, started_by, tag_of
from gradeflow.defs.build import build_defs
from gradeflow.errors import ConfigError
from gradeflow_tests.defs.homes import write_district, write_home
from gradeflow_tests.rules.small_school import district

SCHEDULED = {"dagster/schedule_name": "nightly_0330_america_chicago"}
ODD = ["0012", "4,5", 'a "b" [c]/ü', "[9"]


def test_without_a_tag_everything_is_chosen_and_with_an_empty_list_nothing() -> None:
    assert choice_of({}, district()) == Choice()
    assert choice_of({"gradeflow/items": "[]"}, district()) == Choice(items=frozenset())


@pytest.mark.parametrize(
    ("text", "ids"),
    [("4,5", {"4,5"}), (' ["4", "5"] ', {"4", "5"}), ("0012", {"0012"}), (tag_of(ODD), set(ODD))],
    ids=["one with a comma", "a list", "leading zeros", "anything"],
)
def test_one_id_stands_as_it_is_and_several_as_a_list(text: str, ids: set[str]) -> None:
    tags = {"gradeflow/sections": text, "gradeflow/leave_out": text}
    assert choice_of(tags, district()) == Choice(sections=frozenset(ids), left_out=frozenset(ids))


@pytest.mark.parametrize("text", ["", "  ", "[1]", '["1"', '[""]', "[null]"])
def test_a_tag_that_names_no_ids_is_an_error_that_says_how_to_write_it(text: str) -> None:
    with pytest.raises(ConfigError, match=r'gradeflow/items .*\["101", "102"\]'):
        choice_of({"gradeflow/items": text}, district())


@pytest.mark.parametrize(
    ("tags", "who"),
    [
        ({}, None),
        ({"gradeflow/by": "Ann Lee"}, "Ann Lee"),
        ({"gradeflow/by": " "}, None),
        ({"user": "ann@lincoln.example"}, "ann@lincoln.example"),
        (SCHEDULED, SCHEDULE),
        ({**SCHEDULED, "gradeflow/by": "Ann Lee"}, "Ann Lee"),
    ],
    ids=["nobody", "a name", "a blank", "Dagster's user", "the schedule", "a person over a schedule"],
)
def test_a_run_names_who_asked_for_it(tags: dict[str, str], who: str | None) -> None:
    assert started_by(tags) == who


def test_a_section_by_hand_only_stays_out_of_the_schedule_and_goes_by_hand() -> None:
    some = district(nightly_sections=["A"])
    assert choice_of(SCHEDULED, some) == Choice(switched_on=frozenset({"A"}))
    assert choice_of({}, some) == Choice()
    assert choice_of(SCHEDULED, district()) == Choice()
    assert choice_of(SCHEDULED, district(nightly_sections=[])) == Choice(switched_on=frozenset())


def test_a_remaster_is_a_job_of_its_own_over_the_same_assets(tmp_path: Path) -> None:
    home = write_home(tmp_path / "home")
    write_district(home, "lincoln")
    definitions = build_defs(home)
    jobs = {name: definitions.resolve_job_def(name) for name in ("passback", "remaster")}
    keys = [set(job.asset_layer.executable_asset_keys) for job in jobs.values()]
    assert keys[0] == keys[1]
    assert is_remaster("remaster", {})
    assert is_remaster("plan", {"gradeflow/remaster": "yes"})
    assert not is_remaster("passback", {})
