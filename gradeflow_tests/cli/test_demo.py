"""A demo whose night fails says so and ends: the next night would have nothing to build on."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradeflow.defs import assets
from gradeflow_tests.cli.commands import run
from gradeflow_tests.defs.grades import write_grades

pytestmark = pytest.mark.slow


def test_a_demo_ends_with_the_night_that_failed_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise LookupError

    monkeypatch.setattr(assets, "judge_night", breaks)
    data = write_grades(tmp_path / "grades", presentations=1)
    done = run(tmp_path / "home", "demo", "--json", "--data", str(data))
    assert done.code == 1
    assert [len(night["districts"]) for night in done.document["nights"]] == [1]
    assert done.document["nights"][0]["districts"][0]["status"] == "failed"
    assert "night 1, aaa-2013j: failed. unexpected LookupError" in done.err
    assert "IndexError" not in done.err
