"""Files of a server reached over SFTP: its key is known beforehand, and a file is read whole or not at all.

asyncssh does the protocol. Nothing of the account that gradeflow runs under takes part: no `~/.ssh`
configuration, no keys of its own, no agent, so that a district behaves alike on every machine.

Source: RFC 4251 section 4.1 (host keys), draft-ietf-secsh-filexfer-02 (SFTP 3), asyncssh 2.24, read 2026-11.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from posixpath import join
from types import TracebackType
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, model_validator

from gradeflow.errors import ConfigError, CredentialError, OutsideError, RetriableError
from gradeflow.model.district import SecretRef, Strict
from gradeflow.transport.waiting import Waiting

if TYPE_CHECKING:
    import asyncssh

CONNECT_SECONDS = 10.0
FILE_SECONDS = 600.0

# asyncssh tells user, host and path of every connection.
logging.getLogger("asyncssh").setLevel(logging.WARNING)


def _parse_host_key(text: str) -> str:
    import asyncssh  # noqa: PLC0415 - a quarter of a second, for districts that read over SFTP only

    try:
        asyncssh.import_public_key(text)
    except asyncssh.KeyImportError:
        msg = "write the server's public key as `ssh-keyscan HOST` prints it, without the host: ssh-ed25519 AAAA..."
    else:
        return text
    raise ValueError(msg)


class SftpSettings(Strict):
    """A server, who we are there, and the folder.

    Attributes:
        key: a private key in OpenSSH's form; password: where the server takes no keys. Exactly one of them.
        host_key: the server's public key as its operator tells it; any other is refused.
        path: the folder, from the root or from where the server puts us.
    """

    host: Annotated[str, Field(pattern=r"^[^\s/@]+$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    user: Annotated[str, Field(min_length=1)]
    key: SecretRef | None = None
    password: SecretRef | None = None
    host_key: Annotated[str, AfterValidator(_parse_host_key)]
    path: str = "."

    @model_validator(mode="after")
    def _exactly_one(self) -> SftpSettings:
        if (self.key is None) == (self.password is None):
            msg = "sftp needs exactly one of key, password"
            raise ValueError(msg)
        return self


@dataclass(frozen=True, slots=True)
class SftpCredentials:
    """What proves who we are."""

    key: asyncssh.SSHKey | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


def credentials_of(settings: SftpSettings, read_secret: Callable[[SecretRef], str]) -> SftpCredentials:
    """Fetch the key or the password.

    Raises:
        ConfigError: it is missing, or what is there is no private key or an encrypted one.
    """
    import asyncssh  # noqa: PLC0415 - see _parse_host_key

    if settings.password is not None:
        return SftpCredentials(password=read_secret(settings.password))
    if settings.key is None:
        msg = "SftpSettings have a key or a password"
        raise TypeError(msg)
    try:
        # Secrets are read without their last line break, which the form needs.
        return SftpCredentials(key=asyncssh.import_private_key(read_secret(settings.key) + "\n"))
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        pass
    raise ConfigError(
        "lms.sftp.key does not lead to a private key", allowed="OpenSSH's form, without a passphrase"
    )


@dataclass(slots=True)
class SftpShelf:
    """One folder of one server; connected at the first reading, again after a loss."""

    label: str
    settings: SftpSettings
    credentials: SftpCredentials
    waiting: Waiting = field(default_factory=Waiting)
    _stack: AsyncExitStack | None = field(default=None, init=False, repr=False)
    _client: asyncssh.SFTPClient | None = field(default=None, init=False, repr=False)

    async def __aenter__(self) -> SftpShelf:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    def shown(self, name: str) -> str:
        """Name a file by host and path; the user is nobody's business."""
        return f"{self.settings.host}:{join(self.settings.path, name)}"

    async def read(self, name: str) -> bytes:
        """Read one file whole; what a connection lost half-way is read again from its beginning.

        Raises:
            FileNotFoundError: it is not there.
            CredentialError: the server is not the one that was named, or refuses us.
            RetriableError: it does not answer, or the connection breaks each time.
        """
        return await self.waiting.retrying()(self._attempt, name)

    async def _attempt(self, name: str) -> bytes:
        try:
            async with asyncio.timeout(FILE_SECONDS):
                client = self._client or await self._connect()
                async with client.open(join(self.settings.path, name), "rb", encoding=None) as file:
                    content = bytes(await file.read())  # type: ignore[arg-type] # bytes, without an encoding
                    size = (await file.stat()).size
        except Exception as error:  # noqa: BLE001 - what is not known to be the other side's is raised again
            failure = self._failure(name, error)
        else:
            if size is None or size == len(content):
                return content
            failure = RetriableError(
                f"{self.shown(name)} came in part. The next run reads it again",
                system=self.label,
                code="NO_ANSWER",
            )
        if not isinstance(failure, FileNotFoundError):
            await self._close()
        raise failure

    async def _connect(self) -> asyncssh.SFTPClient:
        import asyncssh  # noqa: PLC0415 - see _parse_host_key

        key = self.credentials.key
        stack = AsyncExitStack()
        try:
            connection = await stack.enter_async_context(
                asyncssh.connect(
                    self.settings.host,
                    self.settings.port,
                    username=self.settings.user,
                    password=self.credentials.password,
                    client_keys=None if key is None else [key],
                    known_hosts=([asyncssh.import_public_key(self.settings.host_key)], [], []),
                    config=None,
                    agent_path=None,
                    connect_timeout=CONNECT_SECONDS,
                    login_timeout=CONNECT_SECONDS,
                    keepalive_interval=CONNECT_SECONDS,
                )
            )
            self._client = await stack.enter_async_context(connection.start_sftp_client())
        except BaseException:
            await stack.aclose()
            raise
        self._stack = stack
        return self._client

    async def _close(self) -> None:
        stack, self._stack, self._client = self._stack, None, None
        if stack is not None:
            await stack.aclose()

    def _failure(self, name: str, error: Exception) -> OutsideError | OSError:
        """Say what to do about a failure; asyncssh's own words may hold the user and are dropped."""
        import asyncssh  # noqa: PLC0415 - see _parse_host_key

        where, kind = self.shown(name), type(error).__name__
        if isinstance(error, asyncssh.HostKeyNotVerifiable):
            return CredentialError(
                f"{self.settings.host} shows another key than host_key of the district file. Ask its operator"
                " whether the key was changed; until then nothing is sent there",
                system=self.label,
                code="HOST_KEY_UNKNOWN",
            )
        if isinstance(error, asyncssh.PermissionDenied):
            return CredentialError(
                f"{self.settings.host} refuses the user or its key or password. Have them renewed by its operator",
                system=self.label,
                code="CREDENTIAL_INVALID",
            )
        if isinstance(error, asyncssh.SFTPNoSuchFile):
            return FileNotFoundError()
        if isinstance(error, asyncssh.SFTPPermissionDenied):
            return CredentialError(
                f"{where} must not be read. The server's operator grants the user that right",
                system=self.label,
                code="FORBIDDEN",
            )
        if isinstance(error, (asyncssh.Error, OSError)):  # TimeoutError included
            return RetriableError(
                f"{where}: {kind}. Are host and port right, is the server up? The next run reads again",
                system=self.label,
                code="UNREACHABLE",
            )
        raise error
