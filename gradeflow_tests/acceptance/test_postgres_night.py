"""The whole night on PostgreSQL: the same code, another warehouse URL."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradeflow_tests.acceptance.derive import expected_districts
from gradeflow_tests.acceptance.outside import gradeflow, sandbox
from gradeflow_tests.postgres import new_schema

pytestmark = pytest.mark.slow


def test_two_nights_on_postgresql_load_everything_once(
    other_grades: Path, tmp_path: Path, postgres: str
) -> None:
    home = tmp_path / "home"
    prepared = gradeflow("demo", "--prepare", "--data", str(other_grades), home=home)
    assert prepared.returncode == 0, prepared.stderr
    settings = home / "gradeflow.yaml"
    settings.write_text(settings.read_text() + "warehouse: ${GRADEFLOW_WAREHOUSE}\n")
    with sandbox(home), new_schema(postgres) as url:
        nights = [gradeflow("sync", "--json", home=home, env={"GRADEFLOW_WAREHOUSE": url}) for _ in range(2)]
        assert [night.returncode for night in nights] == [3, 3], nights[0].stderr + nights[1].stderr
    first, second = (
        {run["district"]: run for run in json.loads(night.stdout)["districts"]} for night in nights
    )
    for district in expected_districts(other_grades):
        assert first[district.slug]["results"]["created"] == len(district.results) > 0
        assert second[district.slug]["results"]["unchanged"] == len(district.results)
        assert second[district.slug]["calls"]["sis_write"] == 0
    assert not (home / "warehouse.sqlite").exists()
