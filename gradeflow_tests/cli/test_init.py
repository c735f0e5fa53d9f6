"""The first district file shows every key that there is, or says where it is explained."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from pydantic import BaseModel

from gradeflow.lms import registry as lms_registry
from gradeflow.model.district import (
    Attested,
    Calendar,
    CategoryRow,
    DayRange,
    District,
    FirstLoad,
    Passback,
    Pause,
    TeacherMembership,
)
from gradeflow.model.district_tables import TABLES
from gradeflow.rules.profile import load_profile
from gradeflow.sis import registry as sis_registry
from gradeflow_tests.cli.commands import run

KINDS = [
    *((lms, "schooltool") for lms in lms_registry.connectors()),
    *(("canvas", sis) for sis in sis_registry.connectors()),
]


def keys_of(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def named_in(text: str) -> set[str]:
    return set(re.findall(r"(\w+):", text))


@pytest.mark.parametrize(("lms", "sis"), KINDS)
def test_the_first_district_file_names_every_key(tmp_path: Path, lms: str, sis: str) -> None:
    assert run(tmp_path, "init", "lincoln", "--lms", lms, "--sis", sis).code == 0
    text = (tmp_path / "districts" / "lincoln.yaml").read_text()
    assert max(map(len, text.splitlines())) <= 120
    above, passback, below = re.split(r"\npassback:|\n# calendar:", text)
    learning, information = above.split("\nlms:")[1].split("\nsis:")
    values = load_profile(lms, sis, {}).values
    # A practice district's clock: nobody writes it
    top = keys_of(District) - {"sandbox"} - (set() if values.attestations else {"attested"})
    assert top <= named_in(text)
    group = set() if values.teacher_group else {"teachers"}
    for written in (Passback, CategoryRow, Pause, FirstLoad):
        assert keys_of(written) - group <= named_in(passback), written
    if values.teacher_group:
        assert keys_of(TeacherMembership) <= named_in(passback)
    if values.attestations:
        assert keys_of(Attested) <= named_in(below)
    for told in (Calendar, DayRange):
        assert keys_of(told) <= named_in(below), told
    for name, (row, _) in TABLES.items():
        if name not in group:
            assert f"{name}: {{file: F}}, columns {','.join(_columns(row))}" in passback
    for part, connector in (
        (learning, lms_registry.by_kind(lms)),
        (information, sis_registry.by_kind(sis)),
    ):
        assert keys_of(connector.settings) <= set(re.findall(r"\w+", part))


def _columns(row: type[BaseModel]) -> list[str]:
    return list(row.model_fields)


@pytest.mark.parametrize(
    "first", [("init", "lincoln", "--lms", "canvas", "--sis", "schooltool"), ("status",)]
)
def test_a_new_home_is_open_to_its_owner_alone_and_an_old_one_keeps_its_rights(
    tmp_path: Path, first: tuple[str, ...]
) -> None:
    new, old = tmp_path / "new" / "home", tmp_path / "old"
    old.mkdir(mode=0o755)
    for home in (new, old):
        run(home, *first)
    assert [stat.S_IMODE(home.stat().st_mode) for home in (new, old)] == [0o700, 0o755]
