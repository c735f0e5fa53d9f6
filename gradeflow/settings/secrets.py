"""Secrets: read when they are needed and never kept, named in messages and never shown."""

from __future__ import annotations

import os
import re
from pathlib import Path

from gradeflow.errors import ConfigError, Place
from gradeflow.model.district import SecretRef

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_secret(ref: SecretRef, folder: Path, place: Place) -> str:
    """Fetch a secret.

    Args:
        ref: where it lies.
        folder: what a relative file path is relative to.
        place: the key that refers to it, for the message.

    Raises:
        ConfigError: the variable or file is missing or empty; names it, never a value.
    """
    if ref.env is not None:
        return from_environment(ref.env, place)
    path = folder / str(ref.file)
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"the secret's file {path} cannot be read; create it", place=place) from None
    if not text:
        raise ConfigError(f"the secret's file {path} is empty; write the secret into it", place=place)
    return text


def from_environment(name: str, place: Place) -> str:
    """Read an environment variable.

    Raises:
        ConfigError: it is not set, or this is no name of one.
    """
    if _VARIABLE.fullmatch(name) is None:
        # Perhaps the secret itself: it must not be repeated.
        raise ConfigError(
            "env takes the name of a variable", place=place, allowed="letters, digits and _, no digit first"
        )
    value = os.environ.get(name, "").strip()
    if not value:
        raise ConfigError(f"the environment variable {name} is not set; set it and start again", place=place)
    return value
