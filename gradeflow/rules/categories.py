"""The category map: which SIS category an LMS category becomes in a section.

The most specific row wins (item > section > district), then the route's template, then, where the route
allows it, a SIS category of exactly the same name. Drafts never speak, unless somebody looks at what they
would change (R109). Where the teacher chooses at send time (R014), only a row
that names the item counts, else the choice that the LMS hands over, which is the SIS category's own title.
Never fuzzy: a near name is a suggestion to a person. Where the SIS has two categories of one name, a name may
end with the code of the one that is meant, `Assignments (AST)`; without it nobody guesses.

Source of the code: Canvas's help for instructors on Skyward (community.canvaslms.com DOC-5932, read 2026-11), which
writes it in parentheses behind the assignment group's name. OneRoster has no field for it but the category's id.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from gradeflow.model.district import CategoryRow
from gradeflow.rules.profile import ProfileValues

Scope = tuple[str | None, str | None, str | None]  # LMS category, section, item
_CODED = re.compile(r"(?P<title>.+?)\s*(?:\((?P<round>[^()]+)\)|\[(?P<square>[^\[\]]+)\])")


@dataclass(frozen=True, slots=True)
class Mapped:
    """Where one LMS category leads: its state, the SIS category's id, and why or what is near.

    Attributes:
        by: what decided: row, template, choice (the item's own), name (the SIS has one of exactly this name),
            or None where nothing leads anywhere.
        row: the scope of the row that won, where one did.
    """

    # mapped, unassociated, required, type_unknown, no_match, ambiguous, gone, not_in_section, scope, inactive
    state: str
    category_id_sis: str | None = None
    detail: str | None = None
    by: Literal["row", "template", "choice", "name"] | None = None
    row: Scope | None = None


class CategoryMap:
    """The map of one district at one moment; `with_drafts` shows it as if its drafts were published."""

    def __init__(
        self,
        rows: Sequence[CategoryRow],
        categories: pd.DataFrame,
        values: ProfileValues,
        *,
        with_drafts: bool = False,
    ) -> None:
        drafts = [row for row in rows if row.state == "draft" and with_drafts]
        spoken = [*(row for row in rows if row.state == "published"), *drafts]
        self._rows: dict[Scope, str | None] = {(row.lms, row.section, row.item): row.sis for row in spoken}
        self._values = values
        self._by_id: dict[str, tuple[str, str | None, bool]] = {}
        self._by_title: dict[tuple[str, str | None], list[str]] = {}
        self._anywhere: dict[str, list[str]] = {}
        self._offered: dict[str | None, list[str]] = {}
        records = categories[["category_id_sis", "title", "section_id_sis", "is_active"]]
        for category, title, section, active in records.itertuples(index=False):
            scope = None if pd.isna(section) else str(section)
            self._by_id[category] = (title, scope, bool(active))
            self._by_title.setdefault((title, scope), []).append(category)
            self._anywhere.setdefault(title, []).append(category)
            self._offered.setdefault(scope, []).append(title)

    def find(self, lms: str | None, section: str, item: str) -> Mapped:
        """Follow one LMS category in one section for one item."""
        types = self._values.category_types
        if lms and types is not None and lms not in types:
            return Mapped("type_unknown", detail=", ".join(types))
        for scope in self._scopes(lms or None, section, item):
            if scope in self._rows:
                target = self._rows[scope]
                found = Mapped("unassociated") if target is None else self._target(target, section)
                return replace(found, by="row", row=scope)
        if not lms:
            return Mapped("required")
        is_choice = self._values.category_source == "item_choice"
        named = lms if is_choice else self._values.category_template.get(lms)
        if named is not None:
            return replace(self._target(named, section), by="choice" if is_choice else "template")
        if self._values.category_fallback == "exact_name" and (alike := self._meant(lms, section)):
            return replace(self._only(alike, section), by="name")
        return Mapped("no_match", detail=self._near(lms, section))

    def _scopes(self, lms: str | None, section: str, item: str) -> list[Scope]:
        """List the rows that may speak for an item, the most specific one first (C11)."""
        of_item: list[Scope] = [(name, place, item) for place in (section, None) for name in (lms, None)]
        if self._values.category_source == "item_choice":
            return of_item
        return [*of_item, (lms, section, None), (lms, None, None)]

    def lost(self, target: str) -> str | None:
        """Say of a SIS category that a row names, by id or title, that it is gone or inactive; None: it is there."""
        coded = self._coded(target)
        named = [target] if target in self._by_id else self._anywhere.get(target, [coded] if coded else None)
        if not named:
            return "gone"
        return None if any(self._by_id[one][2] for one in named) else "inactive"

    def near(self, title: str) -> str | None:
        """Suggest the names of SIS categories, of any section, that a person may have meant."""
        return ", ".join(difflib.get_close_matches(title, sorted(self._anywhere), n=3)) or None

    def offered(self, section: str) -> list[str]:
        """List the names of the SIS's categories in a section, the inactive ones too (R105)."""
        return sorted({*self._offered.get(None, ()), *self._offered.get(section, ())})

    def uncovered_types(self) -> list[str]:
        """List the route's types that neither a district row, the template nor a like name maps (R056)."""
        if self._values.category_source == "none" or self._values.category_fallback == "exact_name":
            return []
        types = self._values.category_types or ()
        district = {lms for lms, section, item in self._rows if section is None and item is None}
        return [name for name in types if name not in district and name not in self._values.category_template]

    def _target(self, target: str, section: str) -> Mapped:
        found = [target] if target in self._by_id else self._meant(target, section)
        if found:
            return self._only(found, section)
        return Mapped(
            "not_in_section" if target in self._anywhere else "gone", detail=self._near(target, section)
        )

    def _meant(self, name: str, section: str) -> list[str]:
        """List the SIS's categories that a name means, as good as one another: by title, else by title and code."""
        named = [one for scope in (section, None) for one in self._by_title.get((name, scope), [])]
        if not named:
            coded = self._coded(name)
            return [] if coded is None else [coded]
        best = min(self._rank(one, section) for one in named)
        return sorted(one for one in named if self._rank(one, section) == best)

    def _coded(self, name: str) -> str | None:
        """Find the category of `Title (CODE)`: its id is the code and its title the rest."""
        found = _CODED.fullmatch(name)
        code = found and (found["round"] or found["square"]).strip()
        return code if found and code in self._by_id and self._by_id[code][0] == found["title"] else None

    def _only(self, meant: list[str], section: str) -> Mapped:
        """Choose among categories that are as good as one another: nobody can where two may be used."""
        found = self._usable(meant[0], section)
        if found.state == "mapped" and len(meant) > 1:
            named = (f"{self._by_id[one][0]} ({one})" for one in meant)
            return Mapped("ambiguous", detail=", ".join(named))
        return found

    def _rank(self, category: str, section: str) -> tuple[bool, bool]:
        """Rank categories of one name: usable before not, the section's own before all."""
        _, scope, _ = self._by_id[category]
        return (self._usable(category, section).state != "mapped", scope is None)

    def _usable(self, category: str, section: str) -> Mapped:
        _, scope, active = self._by_id[category]
        if scope is not None and self._values.category_scope == "district":
            return Mapped("scope")
        if scope not in (None, section):
            return Mapped("not_in_section")
        if not active:
            return Mapped("inactive", detail=self._by_id[category][0])
        return Mapped("mapped", category)

    def _near(self, title: str, section: str) -> str | None:
        return ", ".join(difflib.get_close_matches(title, self.offered(section), n=3)) or None
