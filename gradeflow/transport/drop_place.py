"""Where a district file says that a drop lies: a folder of this machine, or one reached over SFTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import model_validator

from gradeflow.model.district import SecretRef, Strict
from gradeflow.transport.drop import FolderShelf, Shelf
from gradeflow.transport.sftp import SftpSettings, SftpShelf, credentials_of


class DropSettings(Strict):
    """The keys below `lms:` beside `kind`: a folder, or a server with a folder."""

    folder: Path | None = None
    sftp: SftpSettings | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> DropSettings:
        if (self.folder is None) == (self.sftp is None):
            msg = "a drop lies in exactly one of folder, sftp"
            raise ValueError(msg)
        return self


@asynccontextmanager
async def opened_shelf(
    label: str, settings: DropSettings, read_secret: Callable[[SecretRef], str]
) -> AsyncIterator[Shelf]:
    """Give what the drop is read from; a server is reached at the first reading, not before.

    Raises:
        ConfigError: a secret is missing, or a key is none.
    """
    if settings.folder is not None:
        yield FolderShelf(settings.folder)
    elif settings.sftp is not None:
        async with SftpShelf(label, settings.sftp, credentials_of(settings.sftp, read_secret)) as shelf:
            yield shelf
