"""The category map: which SIS category an LMS category becomes in a section.

The most specific row wins (item > section > district), then the route's template, then, where the route
allows it, a SIS category of exactly the same name. Never fuzzy: a near name is a suggestion to a person.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from gradeflow.model.district import CategoryRow
from gradeflow.rules.profile import ProfileValues


@dataclass(frozen=True, slots=True)
class Mapped:
    """Where one LMS category leads: its state, the SIS category's id, and why or what is near."""

    state: str  # mapped, unassociated, required, type_unknown, no_match, gone, scope, inactive
    category_id_sis: str | None = None
    detail: str | None = None


class CategoryMap:
    """The map of one district at one moment."""

    def __init__(self, rows: Sequence[CategoryRow], categories: pd.DataFrame, values: ProfileValues) -> None:
        self._rows = {(row.lms, row.section, row.item): row.sis for row in rows}
        self._values = values
        self._by_id: dict[str, tuple[str, str | None, bool]] = {}
        self._by_title: dict[tuple[str, str | None], list[str]] = {}
        records = categories[["category_id_sis", "title", "section_id_sis", "is_active"]]
        for category, title, section, active in records.itertuples(index=False):
            scope = None if pd.isna(section) else str(section)
            self._by_id[category] = (title, scope, bool(active))
            self._by_title.setdefault((title, scope), []).append(category)

    def find(self, lms: str | None, section: str, item: str) -> Mapped:
        """Follow one LMS category in one section for one item."""
        if not lms:
            return Mapped("required")
        types = self._values.category_types
        if types is not None and lms not in types:
            return Mapped("type_unknown", detail=", ".join(types))
        for scope in ((lms, section, item), (lms, None, item), (lms, section, None), (lms, None, None)):
            if scope in self._rows:
                target = self._rows[scope]
                return Mapped("unassociated") if target is None else self._target(target, section)
        if lms in self._values.category_template:
            return self._target(self._values.category_template[lms], section)
        if self._values.category_fallback == "exact_name":
            found = self._named(lms, section)
            return (
                self._usable(found, section) if found else Mapped("no_match", detail=self._near(lms, section))
            )
        return Mapped("no_match", detail=self._near(lms, section))

    def uncovered_types(self) -> list[str]:
        """List the route's types that neither a district row nor the template maps (R056)."""
        types = self._values.category_types or ()
        district = {lms for lms, section, item in self._rows if section is None and item is None}
        return [name for name in types if name not in district and name not in self._values.category_template]

    def _target(self, target: str, section: str) -> Mapped:
        found = target if target in self._by_id else self._named(target, section)
        return self._usable(found, section) if found else Mapped("gone", detail=self._near(target, section))

    def _named(self, title: str, section: str) -> str | None:
        """Choose among the SIS's categories of one name: usable before not, the section's own before all."""
        named = [one for scope in (section, None) for one in self._by_title.get((title, scope), [])]
        return min(named, key=lambda one: self._rank(one, section), default=None)

    def _rank(self, category: str, section: str) -> tuple[bool, bool, str]:
        _, scope, _ = self._by_id[category]
        return (self._usable(category, section).state != "mapped", scope is None, category)

    def _usable(self, category: str, section: str) -> Mapped:
        _, scope, active = self._by_id[category]
        if scope is not None and self._values.category_scope == "district":
            return Mapped("scope")
        if scope not in (None, section):
            return Mapped("gone")
        if not active:
            return Mapped("inactive")
        return Mapped("mapped", category)

    def _near(self, title: str, section: str) -> str | None:
        offered = [name for name, scope in self._by_title if scope in (None, section)]
        return ", ".join(difflib.get_close_matches(title, offered, n=3)) or None
