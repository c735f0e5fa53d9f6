"""A practice SFTP server: the drop folder of a system that works by files, as a district's file server has it.

One user, who comes in with the server's password or with a key that stands in `<kind>_authorized_keys` beside
the drop, one line each as in OpenSSH. The user sees the drop folder as `/`, and may write there: an export can
be rehearsed too. The server's own key is made at first use and stays, so that its public half can stand in a
district file.
"""

from __future__ import annotations

import hmac
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh

from gradeflow.sandbox.otus_drop import drop
from gradeflow.sandbox.practice import LOOPBACK, Practice, Secret, ServerSpec

USER = "gradeflow"


def host_key(spec: ServerSpec) -> asyncssh.SSHKey:
    """Give the server's private key; it is made where there is none yet."""
    path = spec.folder / f"{spec.kind}_host_key"
    if not path.exists():
        spec.folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    return asyncssh.read_private_key(path)


def authorized_keys(spec: ServerSpec) -> Path:
    """Say where the public keys of those who may come in without the password stand."""
    return spec.folder / f"{spec.kind}_authorized_keys"


@asynccontextmanager
async def listening(spec: ServerSpec, sock: socket.socket) -> AsyncIterator[None]:
    """Serve the drop folder on a bound socket while the block runs; then every connection ends."""
    connections: set[asyncssh.SSHServerConnection] = set()
    acceptor = await asyncssh.listen(
        sock=sock,
        server_factory=lambda: _Door(spec, connections),
        server_host_keys=[host_key(spec)],
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(spec.drop).encode()),
        config=None,
    )
    try:
        yield
    finally:
        acceptor.close()
        for connection in tuple(connections):
            connection.abort()
        await acceptor.wait_closed()


class _Door(asyncssh.SSHServer):
    """One connection: who may come in."""

    def __init__(self, spec: ServerSpec, connections: set[asyncssh.SSHServerConnection]) -> None:
        self._spec = spec
        self._connections = connections
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        wanted = self._spec.secrets["password"]
        return username == USER and hmac.compare_digest(password.encode(), wanted.encode())

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        path = authorized_keys(self._spec)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        known = [asyncssh.import_public_key(line) for line in lines if line.strip()]
        return username == USER and key.convert_to_public() in known


def _settings(spec: ServerSpec) -> dict[str, object]:
    public = host_key(spec).export_public_key().decode().split()
    return {
        "sftp": {
            "host": LOOPBACK,
            "port": spec.port,
            "user": USER,
            "password": Secret("password"),
            "host_key": " ".join(public[:2]),
            "path": "/",
        }
    }


PRACTICES = (
    Practice(
        kind="otus_sftp",
        side="lms",
        label="Otus, by files on an SFTP server",
        secrets=("password",),
        settings=_settings,
        fill=lambda spec, school, clock: drop(spec.drop, school, clock.now()),
        serve=None,
        listen=listening,
        connector="otus",
    ),
)
