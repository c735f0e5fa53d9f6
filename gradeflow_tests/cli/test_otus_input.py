"""An Otus drop folder that cannot be read as a whole: told once, with file and line, and nothing written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from gradeflow.sandbox import otus_drop
from gradeflow.sandbox.small_school import small_school
from gradeflow_tests.cli.commands import run

NOW = dt.datetime.fromisoformat("2026-11-02T03:30:00-05:00")


def _write_home(home: Path) -> Path:
    """Write a district on Otus whose SIS is not there: its failure must not hide that of the files."""
    folder = home / "otus"
    otus_drop.drop(folder, small_school(), NOW)
    nowhere = "http://127.0.0.1:9"
    content = {
        "district": "lincoln",
        "timezone": "America/New_York",
        "lms": {"kind": "otus", "folder": str(folder)},
        "sis": {
            "kind": "skyward_sms",
            "base_url": f"{nowhere}/ims/oneroster/v1p1",
            "token_url": f"{nowhere}/token",
            "client_id": {"file": "secret"},
            "client_secret": {"file": "secret"},
        },
    }
    (home / "secret").write_text("secret\n")
    (home / "districts").mkdir()
    (home / "districts" / "lincoln.yaml").write_text(yaml.safe_dump(content))
    return folder


def _break_row(folder: Path) -> None:
    file = folder / "scores.csv"
    lines = file.read_text().splitlines(keepends=True)
    lines[3] = '"unclosed, quote\n'
    file.write_text("".join(lines))


def _forget_completion(folder: Path) -> None:
    (folder / "complete.json").unlink()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        pytest.param(_break_row, ["scores.csv"], id="broken row"),
        pytest.param(_forget_completion, ["complete.json"], id="export not complete"),
    ],
)
def test_a_bad_export_is_told_and_stops_the_night(
    tmp_path: Path, harm: Callable[[Path], None], words: list[str]
) -> None:
    harm(_write_home(tmp_path))
    done = run(tmp_path, "sync", "lincoln", "--as-of", NOW.isoformat(), "--json")
    assert done.code == 5
    for word in words:
        assert word in done.err, done.err
    assert done.run["status"] == "failed"
    assert done.run["calls"]["sis_write"] == 0
    again = run(tmp_path, "status", "--json").document["districts"][0]
    assert again["lease_holder"] is None
    assert words[0] in again["last_run"]["message"]
