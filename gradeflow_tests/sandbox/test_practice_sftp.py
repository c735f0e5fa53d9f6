"""The practice SFTP server stands in for a district's: its key stays, and it shows the drop folder alone."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from gradeflow.sandbox.home import specs_for, specs_of
from gradeflow.sandbox.practice import ServerSpec
from gradeflow.sandbox.registry import told
from gradeflow.sandbox.server import running
from gradeflow.sandbox.sftp import USER

NOW = dt.datetime.fromisoformat("2026-11-16T03:30:00-05:00")


@pytest.fixture
def spec(tmp_path: Path) -> Iterator[ServerSpec]:
    specs = specs_for(("otus_sftp",), home=tmp_path, now=NOW)
    with running(specs):
        yield specs[0]


def connected(spec: ServerSpec, user: str = USER, password: str | None = None) -> asyncssh.connect:
    settings = told(spec)["sftp"]
    return asyncssh.connect(
        settings["host"],
        settings["port"],
        username=user,
        password=password or settings["password"],
        known_hosts=([asyncssh.import_public_key(settings["host_key"])], [], []),
        client_keys=None,
        agent_path=None,
        config=None,
    )


async def listed(spec: ServerSpec, path: str = "/") -> list[str]:
    async with connected(spec) as connection, connection.start_sftp_client() as client:
        return sorted(str(name) for name in await client.listdir(path) if name not in {".", ".."})


def test_the_user_sees_the_drop_folder_and_nothing_above_it(spec: ServerSpec) -> None:
    files = ["assessments.csv", "complete.json", "scores.csv"]
    assert asyncio.run(listed(spec)) == files
    assert asyncio.run(listed(spec, "/../..")) == files


def test_an_export_can_be_put_there_too(spec: ServerSpec) -> None:
    async def put() -> None:
        async with connected(spec) as connection, connection.start_sftp_client() as client:
            async with client.open("/scores.csv.tmp", "wb") as file:
                await file.write(b"x")
            await client.posix_rename("/scores.csv.tmp", "/scores.csv")

    asyncio.run(put())
    assert (spec.drop / "scores.csv").read_bytes() == b"x"


@pytest.mark.parametrize(("user", "password"), [(USER, "wrong"), ("root", None)])
def test_nobody_else_comes_in(spec: ServerSpec, user: str, password: str | None) -> None:
    async def enter() -> None:
        async with connected(spec, user, password):
            pass

    with pytest.raises(asyncssh.PermissionDenied):
        asyncio.run(enter())


def test_a_server_that_is_started_again_is_the_same(tmp_path: Path) -> None:
    with running(specs_for(("otus_sftp",), home=tmp_path, now=NOW)) as specs:
        before = told(specs[0])
    with running(specs_of(tmp_path)) as specs:
        assert told(specs[0]) == before
        assert asyncio.run(listed(specs[0]))
    assert before["kind"] == "otus_sftp"
    assert "clock" not in before  # it has no routes


def test_what_opens_the_server_is_readable_by_its_owner_alone(spec: ServerSpec) -> None:
    key = spec.folder / "otus_sftp_host_key"
    assert key.stat().st_mode & 0o077 == 0
