"""Bad input: one message that says where, what and what to do; nothing written; the others still run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradeflow.settings import Home
from gradeflow_tests.cli.commands import run
from gradeflow_tests.delivery.practice import DISTRICT, Practice

SECRET = "7~sEcReT-of-a-district"
VARIABLE = "GRADEFLOW_TEST_VARIABLE"


@pytest.fixture
def home(untouched_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose systems do not run: what is wrong in a file is found before they are asked."""
    monkeypatch.setenv("GRADEFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(VARIABLE, raising=False)
    shutil.copytree(untouched_home, tmp_path / "home")
    return tmp_path / "home"


def rewrite(home: Path, change: Callable[[str], str]) -> int:
    """Change the district file's text; give the number of the first line that differs."""
    file = home / "districts" / f"{DISTRICT}.yaml"
    before = file.read_text()
    after = change(before)
    assert after != before
    file.write_text(after)
    pairs = zip([*before.splitlines(), ""], after.splitlines(), strict=False)
    return 1 + next(n for n, (old, new) in enumerate(pairs) if old != new)


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


BROKEN: list[Any] = [
    pytest.param(replaced("timezone:", "timezone"), [], id="malformed YAML"),
    pytest.param(
        replaced("passback:\n", "passback:\n  nightlyy: '03:30'\n"),
        ["passback.nightlyy", "not known", "nightly"],
        id="unknown key",
    ),
    pytest.param(
        replaced("  account:", "  acount: x\n  account:"), ["lms.acount", "not known"], id="unknown LMS key"
    ),
    pytest.param(
        replaced("  token:\n    file: sandbox/practice/canvas-token.secret", f"  token: {SECRET}"),
        ["lms.token", "{env: NAME}", "{file: PATH}"],
        id="inline secret",
    ),
    pytest.param(
        replaced("file: sandbox/practice/canvas-token.secret", f"env: {SECRET}"),
        ["lms.token", "name of a variable"],
        id="secret as a variable's name",
    ),
    pytest.param(
        replaced("file: sandbox/practice/schooltool-client_secret.secret", f"env: {VARIABLE}"),
        ["sis.client_secret", VARIABLE, "set it"],
        id="missing variable",
    ),
    pytest.param(
        replaced("sandbox/practice/schooltool-client_id.secret", "nowhere"),
        ["sis.client_id", "nowhere", "create it"],
        id="missing secret file",
    ),
    pytest.param(
        replaced("kind: canvas", "kind: blackboard"), ["lms.kind", "canvas", "otus"], id="unknown LMS"
    ),
    pytest.param(
        replaced("kind: schooltool", "kind: chalk"), ["sis.kind", "schooltool"], id="unknown SIS"
    ),
    pytest.param(
        replaced("timezone: America/New_York", "timezone: America/NewYork"),
        ["timezone", "America/Chicago"],
        id="wrong time zone",
    ),
    pytest.param(
        replaced("nightly: 03:30", "nightly: '02:00'"),
        ["passback.nightly", "01:00 and 03:00"],
        id="nightly in the missing hour",
    ),
    pytest.param(
        replaced("nightly: 03:30", "nightly: 22:30"),
        ["passback.nightly", "quotes"],
        id="time without quotes",
    ),
    pytest.param(
        replaced("2026-08-31", "2026-02-31"),
        ["does not exist"],
        id="no such day",
    ),
    pytest.param(
        lambda text: text + "passback: {}\n", ["passback", "second time"], id="key twice"
    ),
    pytest.param(
        lambda text: text + "overrides: {title_maximum: 3}\n", ["overrides", "title_max"], id="unknown override"
    ),
    pytest.param(
        replaced(f"district: {DISTRICT}", "district: other"), ["district", DISTRICT], id="other name than the file"
    ),
]  # fmt: skip


@pytest.mark.parametrize("command", ["sync", "check"])
@pytest.mark.parametrize(("change", "words"), BROKEN)
def test_a_wrong_district_file_is_told_with_file_line_and_key(
    home: Path, command: str, change: Callable[[str], str], words: list[str]
) -> None:
    line = rewrite(home, change)
    done = run(home, command, DISTRICT)
    said = done.out + done.err
    assert done.code == 2, said
    assert f"{DISTRICT}.yaml" in said
    if words != ["does not exist"]:  # YAML itself does not say where its date is
        assert any(f"line {near}" in said for near in (line - 1, line, line + 1)), said
    for word in words:
        assert word in said
    assert SECRET not in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sync", "nowhere"), ["no district nowhere", DISTRICT]),
        (("plan", "nowhere"), ["no district nowhere"]),
        (("check", "nowhere"), ["no district nowhere"]),
        (("status", "nowhere"), ["no district nowhere"]),
        (("sync", "--allow", "nonsense"), ["nonsense", "share_changed", "shrunken_extract"]),
        (("sync", "--plan", "12345678"), ["--plan", "one district"]),
        (("sync", DISTRICT, "--plan", "123", "--by", "Ann Lee"), ["too short"]),
        (("sync", DISTRICT, "--plan", "12345678"), ["--by NAME"]),
        (("sync", DISTRICT, "--plan", "12345678", "--by", "Ann Lee"), ["no plan 12345678", "gradeflow plan"]),
        (("sync", DISTRICT, "--as-of", "yesterday"), ["no instant", "2026-11-21T03:30:00-06:00"]),
        (("init", "Lincoln"), ["Lincoln", "lower-case"]),
        (("init", DISTRICT), ["exists already"]),
        (("init", "lincoln", "--lms", "blackboard"), ["blackboard", "canvas"]),
        (("init", "lincoln", "--timezone", "Mars/Base"), ["Mars/Base", "America/Chicago"]),
        (("sandbox", "chalk"), ["chalk", "schooltool"]),
        (("sandbox",), ["canvas"]),
        (("demo",), [DISTRICT, "another home"]),
    ],
)
def test_a_wrong_argument_is_told_with_what_is_allowed(
    home: Path, arguments: tuple[str, ...], words: list[str]
) -> None:
    before = sorted((home / "districts").iterdir())
    if arguments == ("sandbox",):
        shutil.rmtree(home / "sandbox")
    done = run(home, *arguments)
    said = done.err + (done.out if arguments[0] == "check" else "")
    assert done.code == 2, said
    for word in words:
        assert word in said
    assert sorted((home / "districts").iterdir()) == before


@pytest.mark.parametrize("command", ["sync", "plan", "status", "check"])
def test_a_broken_settings_file_is_told_with_its_line(home: Path, command: str) -> None:
    (home / "gradeflow.yaml").write_text("partitions:\n  start: 2026-08-01\n  grain: yearly\n")
    done = run(home, command)
    assert done.code == 2
    assert "gradeflow.yaml, line 3, key partitions.grain" in done.err
    assert "'month'" in done.err


def test_json_on_a_failure_leaves_standard_output_empty(home: Path) -> None:
    done = run(home, "sync", "nowhere", "--json")
    assert (done.code, done.out) == (2, "")
    assert "nowhere" in done.err


def test_a_home_without_districts_says_how_to_begin(tmp_path: Path) -> None:
    done = run(tmp_path, "sync")
    assert done.code == 2
    assert "gradeflow init" in done.err


def test_a_demo_leaves_a_home_alone_whose_district_file_cannot_be_read(home: Path) -> None:
    (home / "made-by-demo").touch()
    rewrite(home, replaced("timezone:", "timezone"))
    assert run(home, "demo").code == 2
    assert (home / "sandbox").exists()


def test_a_broken_district_stops_only_itself(practice: Practice) -> None:
    folder = practice.home / "districts"
    (folder / "broken.yaml").write_text("district: broken\ntimezone\n")
    (folder / "Not a district.yaml").write_text("{}")
    done = run(practice.home, "sync", "--json")
    assert done.code == 2
    assert done.run["district"] == DISTRICT
    assert done.run["results"]["created"] == 16
    assert "broken.yaml, line 3" in done.err or "broken.yaml, line 2" in done.err
    assert "Not a district.yaml" in done.err
    told = {one["district"]: one["error"] for one in done.document["errors"]}
    assert set(told) == {"broken", "gradeflow"}
    assert all(error in done.err for error in told.values())
    assert run(practice.home, "plan", DISTRICT, "--json").document["errors"] == []


def test_words_that_old_yaml_takes_for_booleans_are_words(home: Path) -> None:
    rewrite(home, lambda text: text + "attested: [{fact: off, by: no, on: 2026-08-10}]\n")
    district = Home(home).district(DISTRICT).district
    assert [(one.fact, one.by, str(one.on)) for one in district.attested] == [("off", "no", "2026-08-10")]
