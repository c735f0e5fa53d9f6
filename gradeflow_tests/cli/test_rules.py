"""`gradeflow rules`: the rules, where they live, what sets them, and what to do about each reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradeflow.rules.catalogue import catalogue
from gradeflow.rules.catalogue.markdown import catalogue_markdown
from gradeflow.rules.profile import ProfileValues
from gradeflow.rules.reasons import REASONS
from gradeflow_tests.cli.commands import run

DISTRICT = """\
district: lincoln
timezone: America/Chicago
lms: {kind: otus, drop: ./drop}
sis: {kind: skyward_sms, base_url: https://sis.example/, client_id: {env: ID}, client_secret: {env: SECRET}}
overrides: {title_max: 40}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "districts"
    folder.mkdir()
    (folder / "lincoln.yaml").write_text(DISTRICT, encoding="utf-8")
    return tmp_path


def document(home: Path, *arguments: str) -> dict[str, Any]:
    done = run(home, "rules", *arguments, "--json")
    assert (done.code, done.err) == (0, "")
    found: dict[str, Any] = json.loads(done.out)
    return found


def words(text: str) -> str:
    return " ".join(text.split())


def test_every_rule_is_listed_with_where_it_lives(tmp_path: Path) -> None:
    listed = document(tmp_path)["rules"]
    assert [row["id"] for row in listed] == list(catalogue())
    shown = run(tmp_path, "rules").out
    assert all(f"\n{rule} " in shown for rule in catalogue())
    assert max(map(len, shown.splitlines())) <= 80
    told = next(row["missing"] for row in listed if row["missing"])
    assert words(f"missing: {told}") in words(shown)


def test_a_route_shows_its_values_with_layer_and_rule(tmp_path: Path) -> None:
    shown = words(run(tmp_path, "rules", "--route", "otus-skyward").out)
    assert "title_max: 49; sis skyward_sms, R044" in shown
    assert "missing_policy: auto_zero; route otus-skyward, R049" in shown
    assert "otus-skyward_qmlativ" in shown
    found = document(tmp_path, "--route", "canvas-skyward_sms")
    assert (found["district"], found["documented"]) == (None, False)
    assert found["profile"]["title_max"] == {"value": 49, "from": "sis skyward_sms", "rule": "R044"}
    by_id = {row["id"]: row for row in found["rules"]}
    assert by_id["R044"]["values"]["title_max"] == found["profile"]["title_max"]


def test_one_rule_is_shown_whole(tmp_path: Path) -> None:
    shown = words(run(tmp_path, "rules", "--rule", "r049").out)
    for code in catalogue()["R049"].codes:
        reason = REASONS[code]
        assert f"{code} {reason.outcome} {reason.cause} {reason.owner}: {reason.fix}" in shown
    assert "missing_policy on otus-skyward: auto_zero; route otus-skyward, R049" in shown
    (row,) = document(tmp_path, "--rule", "R049", "--route", "otus-skyward")["rules"]
    assert row["values"]["missing_policy"]["value"] == "auto_zero"
    assert {reason["code"] for reason in row["reasons"]} == set(catalogue()["R049"].codes)


def test_a_district_shows_every_value_and_who_says_so(home: Path) -> None:
    shown = run(home, "rules", "lincoln").out
    lines = [line.split() for line in shown.splitlines()]
    assert ["title_max", "40", "district", "R044"] in lines
    assert ["points_integer", "yes", "sis", "skyward_sms", "R042"] in lines
    found = document(home, "lincoln")
    assert (found["district"], found["route"]) == ("lincoln", "otus-skyward")
    assert set(found["profile"]) == set(ProfileValues.model_fields)
    assert found["profile"]["title_max"] == {"value": 40, "from": "district", "rule": "R044"}
    (row,) = document(home, "lincoln", "--rule", "R044")["rules"]
    assert row["values"]["title_max"]["value"] == 40


def test_markdown_is_the_reference(tmp_path: Path) -> None:
    assert run(tmp_path, "rules", "--markdown").out == catalogue_markdown()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--rule", "R032"), "R001 to R205"),
        (("--route", "otus"), "otus-skyward"),
        (("lincoln", "--route", "otus-skyward"), "not both"),
        (("--markdown", "--json"), "alone"),
        (("--markdown", "lincoln"), "alone"),
        (("nowhere",), "nowhere"),
    ],
)
def test_what_is_asked_wrongly_is_said(home: Path, arguments: tuple[str, ...], says: str) -> None:
    done = run(home, "rules", *arguments)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_a_broken_override_names_the_file(home: Path) -> None:
    file = home / "districts" / "lincoln.yaml"
    file.write_text(DISTRICT.replace("title_max: 40", "title_maximum: 40"), encoding="utf-8")
    done = run(home, "rules", "lincoln")
    assert done.code == 2
    assert "title_maximum" in done.err
    assert "lincoln.yaml" in done.err
