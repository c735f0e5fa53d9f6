from __future__ import annotations

import copy
import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from gradeflow.rules import layers, rule_set


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    rule_set.rule_set.cache_clear()


def renamed(monkeypatch: pytest.MonkeyPatch, contents: dict[str, Any]) -> str:
    monkeypatch.setattr(layers, "contents", lambda: contents)
    rule_set.rule_set.cache_clear()
    return rule_set.rule_set()


@pytest.mark.parametrize("seed", ["1", "2"])
def test_every_process_gives_the_same_name(seed: str) -> None:
    ask = "from gradeflow.rules.rule_set import rule_set; print(rule_set())"
    done = subprocess.run(
        [sys.executable, "-c", ask],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONHASHSEED": seed},
        check=True,
    )
    assert done.stdout.strip() == rule_set.rule_set()


@pytest.mark.parametrize("place", ["global", "lms/otus", "sis/skyward_sms", "routes/canvas-schooltool"])
def test_a_value_of_any_profile_renames_it_and_its_citation_does_not(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    was = rule_set.rule_set()
    contents = copy.deepcopy(dict(layers.contents()))
    entry: dict[str, Any] = next(iter(contents[place]["values"].values()))
    entry["rule"] = "G99"
    assert renamed(monkeypatch, contents) == was
    entry["value"] = "another"
    assert renamed(monkeypatch, contents) != was


def test_a_rule_more_renames_it(monkeypatch: pytest.MonkeyPatch) -> None:
    was = rule_set.rule_set()
    monkeypatch.setattr(rule_set, "RULES", rule_set.RULES[:-1])
    rule_set.rule_set.cache_clear()
    assert rule_set.rule_set() != was


def test_the_order_of_rules_does_not_rename_it(monkeypatch: pytest.MonkeyPatch) -> None:
    was = rule_set.rule_set()
    monkeypatch.setattr(rule_set, "RULES", tuple(reversed(rule_set.RULES)))
    rule_set.rule_set.cache_clear()
    assert rule_set.rule_set() == was


@pytest.mark.parametrize("date", [None, dt.date(2026, 8, 17)])
def test_a_runs_digest_tells_the_effective_date_that_it_was_given(date: dt.date | None) -> None:
    digest = rule_set.rules_digest("canvas-skyward", "{}", date)
    assert rule_set.effective_date_of(digest) == date
    assert rule_set.rule_set_of(digest) == rule_set.rule_set()
    assert rule_set.effective_date_of("f" * 64) is None


def test_a_runs_digest_names_the_rule_set_and_tells_settings_apart() -> None:
    one, other = (rule_set.rules_digest("canvas-skyward", values) for values in ("{}", '{"title_max": 20}'))
    assert one != other
    assert rule_set.rule_set_of(one) == rule_set.rule_set_of(other) == rule_set.rule_set()
    assert rule_set.rule_set_of("f" * 64) != rule_set.rule_set()
