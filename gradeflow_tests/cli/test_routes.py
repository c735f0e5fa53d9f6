"""The matrix of routes as it is printed: complete, honest, and the same in all its forms."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from gradeflow.cli.main import APP
from gradeflow.lms import registry as lms_registry
from gradeflow.sis import registry as sis_registry

CONNECTORS = [*lms_registry.connectors().values(), *sis_registry.connectors().values()]


def printed(*arguments: str) -> str:
    done = CliRunner().invoke(APP, ["routes", *arguments], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.stdout


def test_every_platform_goes_to_every_sis() -> None:
    document = json.loads(printed("--json"))
    pairs = {(route["lms"], route["sis"]) for route in document["routes"]}
    assert pairs == {(lms, sis) for lms in lms_registry.connectors() for sis in sis_registry.connectors()}
    assert document["certified"] is False


def test_what_a_guide_documents_is_told_from_what_is_put_together() -> None:
    rules = {(one["lms"], one["sis"]): one["rules"] for one in json.loads(printed("--json"))["routes"]}
    assert rules["canvas", "schooltool"] == rules["otus", "skyward_sms"] == "guide"
    assert rules["canvas", "skyward_sms"] == rules["otus", "schooltool"] == "derived"


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda one: one.kind)
def test_each_system_says_how_well_it_is_known_and_what_must_be_bought(connector: object) -> None:
    told = {one["kind"]: one for side in ("lms", "sis") for one in json.loads(printed("--json"))[side]}
    mine = told[connector.kind]
    assert mine["evidence"] in {"documented", "reported", "assumed"}
    assert mine["needs"]
    for line in (*mine["needs"], *mine["limits"]):
        assert line in " ".join(printed().split())


def test_nothing_is_called_certified() -> None:
    for words in (printed(), printed("--markdown")):
        assert "No vendor has certified or endorsed any of it" in " ".join(words.split())


def test_the_matrix_names_every_system_whole_at_eighty_columns() -> None:
    matrix = CliRunner().invoke(APP, ["routes"], env={"COLUMNS": "80"}).stdout.partition("\nguide:")[0]
    for kind in (*lms_registry.connectors(), *sis_registry.connectors()):
        assert kind in matrix or all(f" {part}" in matrix for part in kind.split("_")), kind
    assert "…" not in matrix
