"""How the catalogue stands under one profile: which rules hold there, and the values that set them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gradeflow.errors import ConfigError
from gradeflow.rules import layers
from gradeflow.rules.catalogue.rows import CatalogueRow, catalogue
from gradeflow.rules.profile import Profile, ProfileValues, load_profile, route_names
from gradeflow.rules.rulebook import RULES


@dataclass(frozen=True, slots=True)
class Effective:
    """One value of a profile: what it is, the layer that says so, and the rule that the layer cites."""

    value: Any
    origin: str
    rule: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The catalogue under one profile.

    Attributes:
        lms, sis: the two kinds.
        values: every key of the profile.
        rows: the rules that hold there: stated for these kinds, or cited by what is judged or set there.
    """

    lms: str
    sis: str
    profile: Profile
    values: Mapping[str, Effective]
    rows: tuple[CatalogueRow, ...]

    def values_of(self, row: CatalogueRow) -> dict[str, Effective]:
        """Give the values that set one rule."""
        return {key: self.values[key] for key in row.keys}


def standing(lms: str, sis: str, profile: Profile) -> Standing:
    """Lay the catalogue beside an effective profile."""
    shown = profile.values.model_dump(mode="json")
    values = {
        key: Effective(shown[key], profile.origins[key], profile.cites[key])
        for key in ProfileValues.model_fields
    }
    # A switch that is off everywhere cites the rule of the guide that has it; that rule does not hold here.
    cited = {rule for key, rule in profile.cites.items() if profile.origins[key] != "global"}
    cited |= set(_cited_by_checks(profile))
    rows = (row for row in catalogue().values() if row.is_on(f"{lms}-{sis}") or row.id in cited)
    return Standing(lms, sis, profile, values, tuple(rows))


def _cited_by_checks(profile: Profile) -> Iterator[str]:
    return (rule.cited(profile) for rule in RULES if rule.check(profile.values) is not None)


def standing_on(route: str) -> Standing:
    """Lay the catalogue beside the profile of a route.

    Args:
        route: a documented route's name, which stands for the first kinds that it joins, or `LMS-SIS` kinds.

    Raises:
        ConfigError: no such route, or no such kinds.
    """
    named = next((one for one in layers.routes() if one.name == route), None)
    lms, _, sis = route.partition("-") if named is None else (named.lms[0], "-", named.sis[0])
    known = lms in layers.kinds_with_layer("lms") and sis in layers.kinds_with_layer("sis")
    if not known:
        kinds = (" ".join(layers.kinds_with_layer("lms")), " ".join(layers.kinds_with_layer("sis")))
        raise ConfigError(
            f"there is no route {route}",
            allowed=f"{', '.join(route_names())}; or LMS-SIS of the kinds {kinds[0]} and {kinds[1]}",
        )
    return standing(lms, sis, load_profile(lms, sis, {}))
