"""The commands as an operator and a script meet them: help, words, one JSON document, exit codes."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
import yaml

from gradeflow.cli.main import COMMANDS
from gradeflow.cli.output import worst
from gradeflow.core.scope import Scope
from gradeflow.defs.connections import missing_secrets, prepare
from gradeflow.lms import registry as lms_registry
from gradeflow.settings import Home
from gradeflow.sis import registry as sis_registry
from gradeflow_tests.cli.commands import run
from gradeflow_tests.delivery.practice import DISTRICT, Ended, Practice, copy_of, ended, gradeflow, started
from gradeflow_tests.rules.small_school import NOW

OF_NO_HOME = ("routes",)
WIDTH = 80
COUNTS = {"created", "updated", "adopted", "unchanged", "held", "rejected", "skipped", "failed"}


@pytest.mark.parametrize("command", sorted({*COMMANDS} - {*OF_NO_HOME}))
def test_every_command_explains_itself_and_can_print_json(command: str, tmp_path: Path) -> None:
    done = run(tmp_path, command, "--help")
    assert done.code == 0
    assert "--json" in done.out
    assert "--home" in done.out


def test_help_names_the_exit_codes_and_every_command() -> None:
    done = gradeflow(Path("var"), "--help")
    assert done.code == 0
    for word in (*COMMANDS, "0 done", "2 usage", "5 an outside system failed"):
        assert word in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("lms", "sis"),
    [
        *((lms, "schooltool") for lms in lms_registry.connectors()),
        *(("canvas", sis) for sis in sis_registry.connectors()),
    ],
)
def test_init_writes_a_file_that_loads_once_its_variables_are_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lms: str, sis: str
) -> None:
    arguments = ("init", "lincoln", "--lms", lms, "--sis", sis, "--timezone", "America/Chicago", "--json")
    done = run(tmp_path, *arguments)
    assert done.code == 0, done.err
    file = Path(done.document["file"])
    missing = run(tmp_path, "check", "lincoln", "--json")
    assert missing.code == 2
    assert "LINCOLN_" in missing.out
    content = yaml.safe_load(file.read_text())
    names = [value["env"] for side in ("lms", "sis") for value in content[side].values() if "env" in value]
    for name in names:
        monkeypatch.setenv(name, "value")
    # Every line that is commented out loads too, once NAME is somebody; among a system's some exclude each other.
    head, mark, rest = file.read_text().partition("\npassback:")
    whole = [line.replace("# ", "", 1) if _is_setting(line) else line for line in rest.splitlines()]
    file.write_text(head + mark + "\n".join(whole).replace("NAME", "j.doe"))
    # Not by `check`, which would ask the vendors' own addresses.
    made = prepare(Home(tmp_path), "lincoln", Scope(()), {}, lambda: NOW)
    assert (made.district.lms.kind, made.district.sis.kind) == (lms, sis)
    assert not list(missing_secrets(made.file))


def _is_setting(line: str) -> bool:
    text = line.strip().removeprefix("# ").lstrip()
    return line.lstrip().startswith("#") and (text.startswith("- {") or text.split(" ")[0].endswith(":"))


def test_status_and_check_tell_a_district_before_and_after_its_night(practice: Practice) -> None:
    before = run(practice.home, "status", "--json").document["districts"][0]
    assert (before["last_run"], before["confirmed_results"], before["open_holds"]) == (None, 0, {})
    assert "never" in run(practice.home, "status").out
    checked = run(practice.home, "check", "--json")
    assert checked.code == 0, checked.out
    assert all(one["passed"] for one in checked.document["districts"][0]["checks"])
    done = run(practice.home, "sync", DISTRICT)
    assert done.code == 3, done.err
    assert_readable(done)
    for words in ("line items", "results", "NAME_TOO_LONG", "Shorten the name"):
        assert words in done.out
    after = run(practice.home, "status", "--json").document["districts"][0]
    assert (after["last_run"]["status"], after["confirmed_results"]) == ("completed_with_errors", 16)
    assert set(after["last_run"]["results"]) == COUNTS
    assert after["lease_holder"] is None
    shown = run(practice.home, "status")
    assert_readable(shown)
    assert "16" in shown.out
    assert practice.sis.calls("PUT") == 22


def assert_readable(done: Ended) -> None:
    """Nothing is wider than the terminal, and nothing is cut."""
    assert max(map(len, done.out.splitlines())) <= WIDTH, done.out
    assert "\N{HORIZONTAL ELLIPSIS}" not in done.out


def test_check_says_which_side_fails_and_writes_nothing(practice: Practice) -> None:
    practice.canvas.fault("status", path="*", code=401, times=None)
    done = run(practice.home, "check", DISTRICT, "--json")
    assert done.code == 5
    failing = [one for one in done.document["districts"][0]["checks"] if not one["passed"]]
    assert failing
    assert all("canvas" in one["name"].lower() or "lms" in one["name"] for one in failing)
    assert practice.sis.calls("PUT") == 0


def test_a_canvas_token_without_sis_rights_ends_the_night_with_what_to_do(practice: Practice) -> None:
    practice.canvas.fault("no_sis_rights", path="*", times=None)
    done = run(practice.home, "sync", DISTRICT, "--json")
    assert done.code == 5
    assert done.run["status"] == "failed"
    assert "SIS" in done.err
    assert "permission" in done.err.lower() or "right" in done.err.lower()
    assert practice.sis.calls("PUT") == 0


def test_practice_servers_that_do_not_run_are_named_with_how_to_start_them(
    untouched_home: Path,
    tmp_path: Path,
) -> None:
    home = copy_of(untouched_home, tmp_path / "home")
    done = run(home, "status", DISTRICT)
    assert done.code == 0
    checked = run(home, "check", DISTRICT)
    assert checked.code == 5
    assert "gradeflow ui" in checked.out


def test_a_sandbox_announces_its_servers_serves_and_ends_with_0_on_sigterm(tmp_path: Path) -> None:
    with started(tmp_path / "home", "sandbox", "canvas", "schooltool", "--json") as child:
        assert child.stdout is not None
        servers: list[dict[str, Any]] = json.loads(child.stdout.readline())["servers"]
        by_kind = {server["kind"]: server for server in servers}
        assert set(by_kind) == {"canvas", "schooltool"}
        assert {"base_url", "token", "teacher_email"} <= set(by_kind["canvas"])
        assert {"base_url", "token_url", "client_id", "client_secret"} <= set(by_kind["schooltool"])
        child.send_signal(signal.SIGTERM)
        done = ended(child)
    assert (done.code, done.out, done.err) == (0, "", "")


@pytest.mark.parametrize(
    ("codes", "gravest"), [([], 0), ([0, 3], 3), ([2, 3], 2), ([4, 2, 5], 5), ([1, 5], 1)]
)
def test_the_gravest_of_several_districts_decides_the_exit_code(codes: list[int], gravest: int) -> None:
    assert worst(codes) == gravest
