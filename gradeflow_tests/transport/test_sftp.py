"""A drop fetched over SFTP from a real server: whose key is known, and whose files come whole or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from gradeflow.errors import ConfigError, CredentialError, OutsideError, RetriableError
from gradeflow.model.district import SecretRef
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.practice import LOOPBACK, ServerSpec
from gradeflow.sandbox.registry import practice_of
from gradeflow.sandbox.server import fill, free_ports, running
from gradeflow.sandbox.sftp import authorized_keys
from gradeflow.sandbox.small_school import small_school
from gradeflow.transport.drop_place import DropSettings, opened_shelf
from gradeflow.transport.sftp import SftpSettings, SftpShelf, credentials_of
from gradeflow.transport.waiting import Waiting

PASSWORD = "hidden-password"  # not one of anybody


class Server:
    """A running practice server and what a district file says of it."""

    def __init__(self, spec: ServerSpec) -> None:
        self.spec = spec
        self.secret = PASSWORD
        settings = practice_of("otus_sftp").settings(spec)["sftp"]
        self.settings = {**settings, "password": {"env": "PASSWORD"}}

    def shelf(self, **more: Any) -> SftpShelf:
        async def sleep(_: float) -> None:
            pass

        settings = SftpSettings.model_validate({**self.settings, **more})
        return SftpShelf("Otus", settings, credentials_of(settings, self.read_secret), Waiting(sleep=sleep))

    def read_secret(self, reference: SecretRef) -> str:
        assert reference.env == "PASSWORD" or reference.file == "key"
        return self.secret

    def read(self, name: str = "scores.csv", **more: Any) -> bytes:
        async def main() -> bytes:
            async with self.shelf(**more) as shelf:
                return await shelf.read(name)

        return asyncio.run(main())

    def refusal(self, name: str = "scores.csv", **more: Any) -> OutsideError:
        with pytest.raises(OutsideError) as caught:
            self.read(name, **more)
        return caught.value


@pytest.fixture(scope="module")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerSpec]:
    folder = tmp_path_factory.mktemp("sftp")
    spec = ServerSpec(
        "otus_sftp", "practice", folder, free_ports(1)[0], "t@practice.example", {"password": PASSWORD}
    )
    Clock(folder / "clock.txt")
    fill(spec, small_school())
    with running([spec]):
        yield spec


@pytest.fixture
def server(running_server: ServerSpec) -> Server:
    return Server(running_server)


def test_a_file_comes_as_it_lies_there(server: Server) -> None:
    assert server.read() == (server.spec.drop / "scores.csv").read_bytes()


def test_a_key_opens_too_where_the_server_knows_it(server: Server) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    server.secret = key.export_private_key().decode().strip()  # as secrets are read
    own = {"key": {"file": "key"}, "password": None}
    assert server.refusal(**own).code == "CREDENTIAL_INVALID"
    authorized_keys(server.spec).write_bytes(key.export_public_key())
    assert server.read(**own)


@pytest.mark.parametrize("make", ["no key at all", "encrypted"])
def test_what_is_no_open_private_key_is_said_without_being_shown(server: Server, make: str) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    server.secret = make if make != "encrypted" else key.export_private_key("pkcs8-pem", "secret").decode()
    with pytest.raises(ConfigError, match="private key") as caught:
        server.shelf(key={"file": "key"}, password=None)
    assert server.secret[:12] not in str(caught.value)


def test_a_server_with_another_key_gets_nothing(server: Server) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    error = server.refusal(host_key=other)
    assert (type(error), error.code) == (CredentialError, "HOST_KEY_UNKNOWN")


def test_a_wrong_password_is_refused_and_not_told(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.secret = "marked-password"
    error = server.refusal()
    assert (type(error), error.code) == (CredentialError, "CREDENTIAL_INVALID")
    assert "marked" not in str(error) + repr(error) + repr(server.shelf()) + caplog.text
    assert "user gradeflow" not in caplog.text


def test_a_missing_file_is_missing_and_not_unreachable(server: Server) -> None:
    with pytest.raises(FileNotFoundError):
        server.read("other.csv")


def test_a_server_that_is_down_is_tried_again_and_then_given_up(server: Server) -> None:
    error = server.refusal(port=free_ports(1)[0])
    assert (type(error), error.code) == (RetriableError, "UNREACHABLE")


@contextlib.asynccontextmanager
async def cutting(port: int, limits: list[int]) -> AsyncIterator[int]:
    """Stand between: each connection in turn ends after so many bytes from the server; later ones never do."""
    calls: set[asyncio.Task[None]] = set()

    async def flow(source: asyncio.StreamReader, sink: asyncio.StreamWriter, left: float) -> None:
        with contextlib.suppress(ConnectionError):
            while left >= 0 and (data := await source.read(1024)):
                sink.write(data)
                left -= len(data)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.add(asyncio.current_task())
        left = limits.pop(0) if limits else float("inf")
        far_reader, far_writer = await asyncio.open_connection(LOOPBACK, port)
        ways = {
            asyncio.create_task(flow(reader, far_writer, float("inf"))),
            asyncio.create_task(flow(far_reader, writer, left)),
        }
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, far_writer):
            end.transport.abort()
        await asyncio.wait(ways)

    listener = await asyncio.start_server(serve, LOOPBACK, 0)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        await asyncio.gather(*calls)


def read_through(server: Server, limits: list[int]) -> bytes:
    async def main() -> bytes:
        async with (
            cutting(server.spec.port, limits) as port,
            server.shelf(port=port) as shelf,
        ):
            return await shelf.read("scores.csv")

    return asyncio.run(main())


def test_a_connection_lost_half_way_is_read_again_from_the_beginning(server: Server) -> None:
    big = server.spec.drop / "scores.csv"
    before = big.read_bytes()
    big.write_bytes(before * 100)
    try:
        assert read_through(server, [20_000, 100_000]) == before * 100
        with pytest.raises(RetriableError) as caught:
            read_through(server, [20_000] * 4)
    finally:
        big.write_bytes(before)
    assert caught.value.code == "UNREACHABLE"


def test_nothing_of_this_accounts_ssh_takes_part(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / ".ssh"
    home.mkdir()
    (home / "config").write_text("Host *\n  ProxyCommand false\n")
    key = asyncssh.generate_private_key("ssh-ed25519")
    (home / "id_ed25519").write_bytes(key.export_private_key())
    authorized_keys(server.spec).write_bytes(key.export_public_key())
    monkeypatch.setenv("HOME", str(tmp_path))
    server.secret = "wrong"
    assert server.refusal().code == "CREDENTIAL_INVALID"
    server.secret = PASSWORD
    assert server.read()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"host_key": "SHA256:abc"}, "ssh-keyscan"),
        ({"password": None}, "exactly one of key, password"),
        ({"key": {"file": "k"}}, "exactly one of key, password"),
        ({"password": "inline"}, "must not stand in the file"),
        ({"host": "user@host"}, "pattern"),
        ({"port": 0}, "greater than"),
    ],
)
def test_settings_that_cannot_work_are_refused(server: Server, change: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        SftpSettings.model_validate({**server.settings, **change})


def test_nothing_is_sent_before_the_first_reading(server: Server) -> None:
    settings = DropSettings.model_validate({"sftp": {**server.settings, "port": free_ports(1)[0]}})

    async def main(read_secret: Callable[[SecretRef], str]) -> str:
        async with opened_shelf("Otus", settings, read_secret) as shelf:
            return shelf.shown("scores.csv")

    assert asyncio.run(main(server.read_secret)) == f"{LOOPBACK}:/scores.csv"
