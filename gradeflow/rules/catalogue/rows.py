"""The rows of the catalogue, as its YAML files hold them, checked for shape when they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["check", "transformation", "delivery", "reporting", "attested"]
FILES = ("itslearning", "otus", "canvas", "schoology", "shared", "contradictions", "gaps", "public")
ORDER = "RCGE"
Words = tuple[str, ...]


class CatalogueRow(BaseModel):
    """One rule.

    Attributes:
        guides: the guides that state it, S0 to S4; none where it is ours or from public documents.
        routes: those it is stated for, as patterns of `LMS-SIS` kinds such as `otus-skyward_*`.
        title: what it demands, in our words.
        kind: whether a check of the rule book judges it, a transformation or the delivery does it, a report
            shows it, or a person vouches for it.
        codes: reason codes that rest on it.
        keys: profile keys that set it.
        rows: rows of the three-way table.
        places: `module:function` that do it.
        attests: facts that a person vouches for in the district file.
        later: what of its screens is not there yet.
        missing: what of it the code does not do.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^(R[0-2]|C|G|E)[0-9]{2}$")]
    guides: Words = ()
    routes: Annotated[Words, Field(min_length=1)]
    title: Annotated[str, Field(min_length=10, max_length=160)]
    kind: Kind
    codes: Words = ()
    keys: Words = ()
    rows: Words = ()
    places: Words = ()
    attests: Words = ()
    later: str | None = None
    missing: str | None = None

    @model_validator(mode="after")
    def _lives_somewhere(self) -> CatalogueRow:
        if not self.lives and self.later is None and self.missing is None:
            msg = f"{self.id} names no place and does not say what is missing"
            raise ValueError(msg)
        return self

    @property
    def lives(self) -> Words:
        """Everything that the row names: where the rule lives."""
        return (*self.codes, *self.keys, *(f"row {name}" for name in self.rows), *self.places, *self.attests)

    @property
    def is_built(self) -> bool:
        """Whether some of it is there, and nothing missing."""
        return bool(self.lives) and self.missing is None

    def is_on(self, pair: str) -> bool:
        """Tell whether it is stated for a pair of kinds, `LMS-SIS`."""
        return any(fnmatchcase(pair, pattern) for pattern in self.routes)


@cache
def catalogue() -> Mapping[str, CatalogueRow]:
    """Give every rule by its id: the numbered ones, then contradictions, gaps, public documents."""
    rows = sorted(_rows(), key=lambda row: (ORDER.index(row.id[0]), row.id))
    found = {row.id: row for row in rows}
    if len(found) < len(rows):
        raise ValueError("an id of the catalogue has two rows")
    return found


def _rows() -> Iterator[CatalogueRow]:
    folder = resources.files("gradeflow.rules.catalogue")
    for name in FILES:
        content: dict[str, Any] = yaml.safe_load(folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8"))
        shared = {"guides": content.get("guides", []), "routes": content["routes"]}
        for rule, row in content["rules"].items():
            yield CatalogueRow.model_validate({"id": rule, **shared, **row})
