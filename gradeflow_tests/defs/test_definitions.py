"""The definitions load anywhere, and are these."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from gradeflow.core.breakers import BREAKERS
from gradeflow.defs.build import build_defs
from gradeflow.defs.instance import MARK, WORKSPACE, dagster_home, instance_yaml
from gradeflow.settings import HOME_VARIABLE, Home
from gradeflow_tests.defs.homes import write_district, write_home

ROOT = Path(__file__).parents[2]
ASSETS: dict[str, tuple[set[str], set[str]]] = {
    "lms_gradebook": (set(), {"lms"}),
    "sis_reference": (set(), {"sis"}),
    "eligible_gradebook": ({"lms_gradebook", "sis_reference"}, {"pandera"}),
    "passback_plan": ({"lms_gradebook", "sis_reference", "eligible_gradebook"}, {"sis"}),
    "passback_delivery": ({"passback_plan"}, {"sis"}),
}
CHECKS = [
    *("first_seen", "not_paused", "ready", "reviewed"),
    *("share_changed", "share_zeroed", "shrunken_extract", "sis_moved"),
]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return write_home(tmp_path / "home", "lincoln", "salem")


def specs(home: Home) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in build_defs(home).resolve_all_asset_specs()}


def test_the_assets_are_five_with_these_dependencies_and_marks(home: Home) -> None:
    found = specs(home)
    assert {
        name: ({dep.asset_key.to_user_string() for dep in spec.deps}, spec.kinds)
        for name, spec in found.items()
    } == ASSETS
    for spec in found.values():
        assert (spec.group_name, list(spec.owners)) == ("passback", ["team:data"])
        assert spec.description


def test_all_assets_share_one_partitions_definition_and_run_a_range_as_one(home: Home) -> None:
    for asset in build_defs(home).assets or []:
        assert isinstance(asset, dg.AssetsDefinition)
        assert asset.backfill_policy == dg.BackfillPolicy.single_run()
        assert isinstance(asset.partitions_def, dg.MultiPartitionsDefinition)
        assert [dimension.name for dimension in asset.partitions_def.partitions_defs] == [
            "assigned_on",
            "district",
        ]
        assert asset.partitions_def == specs(home)["lms_gradebook"].partitions_def


def test_every_breaker_is_a_blocking_check_of_the_plan_and_says_what_it_is_for(home: Home) -> None:
    found = [spec for asset in build_defs(home).assets or [] for spec in asset.check_specs]
    assert sorted(spec.name for spec in found) == CHECKS == sorted(name for name, _ in BREAKERS)
    for spec in found:
        assert spec.asset_key == dg.AssetKey("passback_plan")
        assert spec.blocking
        assert len(spec.description or "") > 40


def test_the_jobs_are_the_night_the_plan_alone_and_the_remaster(home: Home) -> None:
    definitions = build_defs(home)
    selected = {
        name: {
            key.to_user_string()
            for key in definitions.resolve_job_def(name).asset_layer.executable_asset_keys
        }
        for name in ("passback", "plan", "remaster")
    }
    assert selected == {
        "passback": set(ASSETS),
        "plan": set(ASSETS) - {"passback_delivery"},
        "remaster": set(ASSETS),
    }


@pytest.mark.parametrize("state", ["absent", "empty", "without districts"])
def test_a_home_that_holds_nothing_loads_with_a_placeholder_and_is_not_written_to(
    tmp_path: Path, state: str
) -> None:
    path = tmp_path / "home"
    if state != "absent":
        path.mkdir()
    if state == "without districts":
        (path / "districts").mkdir()
    assert set(specs(Home(path))) == set(ASSETS)
    written = list(path.rglob("*.*")) if path.exists() else []
    assert written == []
    assert path.exists() == (state != "absent")


def test_loading_reaches_no_network_and_reads_no_secret(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("loading reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr("gradeflow.settings.DistrictFile.read_secret", refuse)
    assert set(specs(home)) == set(ASSETS)
    assert not (home.path / "warehouse.sqlite").exists()


def test_a_broken_district_file_neither_breaks_loading_nor_the_other_districts(home: Home) -> None:
    write_district(home, "broken").write_text("district: [broken\n")
    write_district(home, "alien", timezone="Mars/Olympus")
    schedules = build_defs(home).schedules or []
    assert len(schedules) == 1
    assert [schedule.description for schedule in schedules] == [
        "Every night at 03:30 America/Chicago: lincoln, salem"
    ]
    partitions = specs(home)["lms_gradebook"].partitions_def
    assert isinstance(partitions, dg.MultiPartitionsDefinition)
    names = partitions.get_partitions_def_for_dimension("district").get_partition_keys()
    assert names == ["alien", "broken", "lincoln", "salem"]


def test_the_top_level_files_are_those_of_a_home_in_var() -> None:
    assert (ROOT / "dagster.yaml").read_text() == instance_yaml("var/dagster")
    assert (ROOT / "workspace.yaml").read_text() == WORKSPACE


def test_an_operators_own_dagster_yaml_stays_and_ours_is_renewed(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    dagster_home(home)
    ours = (home.path / "dagster.yaml").read_text()
    (home.path / "dagster.yaml").write_text(MARK + "# of an older gradeflow\n")
    dagster_home(home)
    assert (home.path / "dagster.yaml").read_text() == ours
    (home.path / "dagster.yaml").write_text("storage: {postgres: {}}\n")
    dagster_home(home)
    assert (home.path / "dagster.yaml").read_text() == "storage: {postgres: {}}\n"


def test_dagster_validates_the_definitions_of_a_fresh_copy(tmp_path: Path) -> None:
    for name in ("workspace.yaml", "dagster.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    kept = {name: value for name, value in os.environ.items() if name != HOME_VARIABLE}
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"],
        cwd=tmp_path,
        env=kept | {"DAGSTER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Validation successful" in done.stdout + done.stderr
    assert "BetaWarning" not in done.stdout + done.stderr


def test_a_file_is_parsed_once_per_version_and_a_change_counts_at_once(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    compose = yaml.compose

    def counted(text: str, Loader: Any) -> Any:  # noqa: N803 - as yaml names it
        parsed.append(text)
        return compose(text, Loader=Loader)

    monkeypatch.setattr(yaml, "compose", counted)
    write_district(home, "lincoln", stop_by="05:15")
    for _ in range(5):
        home.district("lincoln")
    assert len(parsed) == 1
    write_district(home, "lincoln", stop_by="05:45")
    assert str(home.district("lincoln").district.passback.stop_by) == "05:45:00"
    assert len(parsed) == 2
