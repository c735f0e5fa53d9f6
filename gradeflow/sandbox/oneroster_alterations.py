"""What an SIS stores otherwise than it was sent, without a word: a table, one row per known case.

Infinite Campus turns `submitted` into a zero, as a district reports, and its 1.1 maps no categories, so that
what is written lands in Uncategorized. Titles: who passes Google's suite on 1.2 takes one of some 110
characters, and the suite reports only how much of it was stored; over 1.1 a long title is refused instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gradeflow.sandbox.oneroster_refusals import TITLE_LIMITS

Object = dict[str, Any]
CAMPUS = ("infinite_campus",)
UNCATEGORIZED = "uncategorized"


@dataclass(frozen=True, slots=True)
class Alteration:
    """One row: which flavours change what in which collection, and over which versions."""

    flavours: tuple[str, ...]
    versions: tuple[str, ...]
    collection: str
    change: Callable[[Object], Object]


def altered(flavour: str, version: str, collection: str, sent: Mapping[str, Any]) -> Object:
    """Give an object as the SIS stores it."""
    stored = dict(sent)
    for row in ALTERATIONS:
        if flavour in row.flavours and version in row.versions and collection == row.collection:
            stored = row.change(stored)
    return stored


def _cut(length: int) -> Callable[[Object], Object]:
    return lambda sent: {**sent, "title": sent["title"][:length]}


def _uncategorized(sent: Object) -> Object:
    return {**sent, "category": {"sourcedId": UNCATEGORIZED}}


def _zero(sent: Object) -> Object:
    is_bare = sent.get("scoreStatus") == "submitted" and sent.get("score") is None
    return {**sent, "score": 0} if is_bare else sent


ALTERATIONS = (
    *(Alteration((flavour,), ("1.2",), "lineItems", _cut(limit)) for flavour, limit in TITLE_LIMITS.items()),
    Alteration(CAMPUS, ("1.1",), "lineItems", _uncategorized),
    Alteration(CAMPUS, ("1.1", "1.2"), "results", _zero),
)
