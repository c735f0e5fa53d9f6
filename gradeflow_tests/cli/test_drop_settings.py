"""A drop on a server, in a district file: what is missing or contradicts itself is said before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncssh
import pytest

from gradeflow_tests.cli.commands import run
from gradeflow_tests.defs.homes import write_district, write_home

HOST_KEY = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
SFTP = {"host": "sftp.invalid", "user": "gradeflow", "host_key": HOST_KEY}


def checked(tmp_path: Path, **lms: Any) -> Any:
    place = write_home(tmp_path / "home")
    secret = {"env": "GRADEFLOW_TEST_NOWHERE"}
    sis = {"base_url": "https://sis.invalid/ims/oneroster/v1p1", "token_url": "https://sis.invalid/token"}
    write_district(
        place,
        "lincoln",
        lms={"kind": "otus", **lms},
        sis={"kind": "skyward_sms", **sis, "client_id": secret, "client_secret": secret},
        teachers=["t-1"],
    )
    return run(place.path, "check", "lincoln")


def test_a_password_of_a_server_that_is_not_set_is_named_with_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GRADEFLOW_TEST_SFTP", "GRADEFLOW_TEST_NOWHERE"):
        monkeypatch.delenv(name, raising=False)
    done = checked(tmp_path, sftp={**SFTP, "password": {"env": "GRADEFLOW_TEST_SFTP"}})
    assert done.code == 2
    assert "GRADEFLOW_TEST_SFTP" in done.out + done.err
    assert "GRADEFLOW_TEST_NOWHERE" in done.out + done.err


@pytest.mark.parametrize(
    ("lms", "words"),
    [
        ({"folder": "/srv/otus", "sftp": {**SFTP, "password": {"env": "X"}}}, "exactly one of folder, sftp"),
        ({"sftp": SFTP}, "exactly one of key, password"),
        ({"sftp": {**SFTP, "password": "marked"}}, "must not stand in the file"),
        ({"sftp": {**SFTP, "host_key": "marked", "password": {"env": "X"}}}, "ssh-keyscan"),
    ],
)
def test_a_drop_that_cannot_be_reached_as_written_is_refused(
    tmp_path: Path, lms: dict[str, Any], words: str
) -> None:
    done = checked(tmp_path, **lms)
    text = " ".join((done.out + done.err).split())
    assert done.code == 2
    assert words in text
    assert "marked" not in text
