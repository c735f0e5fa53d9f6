"""Where a secret lies, and what a stray line end or an empty value of it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradeflow.errors import ConfigError, Place
from gradeflow.model.district import SecretRef
from gradeflow.settings.secrets import read_secret

VARIABLE, SECRET = "GRADEFLOW_TEST_TOKEN", "kept-to-itself"


def kept(where: str, text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (folder / "token").write_text(text)
    monkeypatch.setenv(VARIABLE, text)
    ref = SecretRef(env=VARIABLE) if where == "env" else SecretRef(file="token")
    return read_secret(ref, folder, Place("districts/lincoln.yaml", key="lms.token"))


@pytest.mark.parametrize("where", ["env", "file"])
@pytest.mark.parametrize("around", ["{}", "{}\n", " {}\r\n"])
def test_what_was_pasted_around_a_secret_is_no_part_of_it(
    where: str, around: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kept(where, around.format(SECRET), tmp_path, monkeypatch) == SECRET


@pytest.mark.parametrize("where", ["env", "file"])
def test_a_secret_of_blanks_is_none(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=VARIABLE if where == "env" else "token"):
        kept(where, " \n", tmp_path, monkeypatch)


def test_a_secret_in_the_place_of_its_variables_name_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        read_secret(SecretRef(env="kept-to-itself!"), tmp_path, Place("districts/lincoln.yaml"))
    assert SECRET not in str(refused.value)
