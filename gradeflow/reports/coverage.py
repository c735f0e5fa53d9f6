"""How far the category map covers what the LMS has, section by section, and who assigns without being heard.

Asked of what the last run read, under the settings as they are now. Four states, as the mapping screens of
LMS show them (R110): Changed (a draft would change it), Synchronized (a published row, or the teacher's choice,
leads to a usable category), Imported (nobody mapped it: the route's template or a SIS category of exactly that
name is used), Unassociated (it leads nowhere, and nothing of it is sent).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import pandas as pd

from gradeflow.model.district import CategoryRow, District
from gradeflow.reports.evidence import ASSIGNMENT, SECTION, Evidence
from gradeflow.rules.categories import CategoryMap, Mapped, Scope
from gradeflow.rules.item_facts import item_facts
from gradeflow.rules.profile import Profile
from gradeflow.rules.reasons import REASONS

Document = dict[str, Any]
Key = TypeVar("Key", str, str | None)
State = Literal["Changed", "Unassociated", "Imported", "Synchronized"]
STATES: tuple[State, ...] = ("Changed", "Unassociated", "Imported", "Synchronized")
CATEGORY = "category_lms"
CODES = {
    "unassociated": "CATEGORY_UNASSOCIATED",
    "required": "CATEGORY_REQUIRED",
    "type_unknown": "TYPE_UNKNOWN",
    "no_match": "CATEGORY_NO_MATCH",
    "ambiguous": "CATEGORY_AMBIGUOUS",
    "gone": "CATEGORY_GONE",
    "not_in_section": "CATEGORY_NOT_IN_SECTION",
    "scope": "CATEGORY_SCOPE",
    "inactive": "CATEGORY_INACTIVE",
}
ASSIGNER_CODES = {
    "not_in_group": "ASSIGNER_NOT_IN_GROUP",
    "before_joining": "ASSIGNED_BEFORE_JOINING",
    "unknown": "ASSIGNER_UNKNOWN",
    "not_in_sis": "ASSIGNER_NOT_IN_SIS",
    "not_in_class": "ASSIGNER_NOT_IN_CLASS",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What one LMS category leads to in one section, for those of its items that one row speaks for.

    Attributes:
        items: how many line items that are.
        now, drafted: where it leads, and where it would with the drafts.
        item: the item's own id, where a row names it.
    """

    category: str | None
    section: str
    item: str | None
    items: int
    now: Mapped
    drafted: Mapped

    @property
    def state(self) -> State:
        """One of the four states."""
        if (self.drafted.state, self.drafted.category_id_sis) != (self.now.state, self.now.category_id_sis):
            return "Changed"
        if self.now.state != "mapped":
            return "Unassociated"
        return "Imported" if self.now.by in {"template", "name"} else "Synchronized"


def coverage(district: District, profile: Profile, evidence: Evidence, as_of: dt.datetime) -> Document:
    """Report the category map of a district, and the assigners whose items stay out.

    Only line items of the district's window count; a category of the LMS without any is not known.

    Returns:
        `categories` (one entry per LMS category with `lines`, one per section; `offered` names the SIS's
        categories there, where it leads nowhere), `rows` (of the map, with how
        many items each speaks for), `assigners`, `read`.
    """
    facts = item_facts(evidence.extract, evidence.reference, district, profile.values, as_of)
    inside = facts[facts["is_in_window"].astype(bool)]
    has_map = profile.values.category_source != "none"
    lines = _lines(district, profile, evidence, inside) if has_map else []
    known, by_category = _map(district, profile, evidence), _by(lines, lambda line: line.category)
    offered = evidence.reference.categories
    titles: dict[str, str] = dict(zip(offered["category_id_sis"], offered["title"], strict=True))
    return {
        "district": district.district,
        "route": profile.route,
        "read": {
            "run_id": evidence.run_id,
            "at": evidence.read_at.astimezone(district.zone).isoformat(timespec="seconds"),
        },
        "category_source": profile.values.category_source,
        "sections_not_read_whole": sorted(evidence.unread_sections),
        "categories": [
            _category(by_category[name], titles, known)
            for name in sorted(by_category, key=lambda name: (name is None, name or ""))
        ],
        "rows": _rows(district.passback.categories, lines, known, has_map=has_map),
        "assigners": _assigners(inside) if profile.values.teacher_group else [],
    }


def _map(
    district: District, profile: Profile, evidence: Evidence, *, with_drafts: bool = False
) -> CategoryMap:
    rows, offered = district.passback.categories, evidence.reference.categories
    return CategoryMap(rows, offered, profile.values, with_drafts=with_drafts)


def _lines(district: District, profile: Profile, evidence: Evidence, items: pd.DataFrame) -> list[Line]:
    published = _map(district, profile, evidence)
    drafted = _map(district, profile, evidence, with_drafts=True)
    named = {row.item for row in district.passback.categories if row.item is not None}
    own = items[ASSIGNMENT].where(items[ASSIGNMENT].isin(list(named)), "")
    keys = [CATEGORY, SECTION, "item"]
    counts = items.assign(item=own).groupby(keys, dropna=False, sort=True).size().reset_index(name="items")
    found = []
    for category, section, item, count in counts.itertuples(index=False):
        name = None if pd.isna(category) else category or None
        now, then = (one.find(name, section, item) for one in (published, drafted))
        found.append(Line(name, section, item or None, int(count), now, then))
    return found


def _by(lines: Iterable[Line], key: Callable[[Line], Key]) -> dict[Key, list[Line]]:
    found: dict[Key, list[Line]] = {}
    for line in lines:
        found.setdefault(key(line), []).append(line)
    return found


def _category(lines: Sequence[Line], titles: Mapping[str, str], known: CategoryMap) -> Document:
    of_sections = [_of_section(own) for own in _by(lines, lambda line: line.section).values()]
    states = {state: sum(line.state == state for line in of_sections) for state in STATES}
    return {
        "lms": lines[0].category,
        "items": sum(line.items for line in lines),
        "sections": len(of_sections),
        "mapped": sum(line.now.state == "mapped" for line in of_sections),
        "unassociated": sum(line.now.state != "mapped" for line in of_sections),
        "by_like_name": sum(line.now.by == "name" for line in of_sections),
        "states": states,
        "lines": [_line(line, titles, known) for line in lines],
    }


def _of_section(lines: Sequence[Line]) -> Line:
    """Choose the line that stands for a section: what holds for items without a row of their own, else the worst."""
    general = [line for line in lines if line.item is None] or lines
    return min(general, key=lambda line: (line.now.state == "mapped", STATES.index(line.state)))


def _line(line: Line, titles: Mapping[str, str], known: CategoryMap) -> Document:
    now = line.now
    code = CODES.get(now.state)
    return {
        "section": line.section,
        "item": line.item,
        "items": line.items,
        "state": line.state,
        "sis": now.category_id_sis,
        "sis_title": titles.get(now.category_id_sis or ""),
        "by": now.by,
        "row": None if now.row is None else _scope(now.row),
        "code": code,
        "near": now.detail if now.state in {"no_match", "gone", "not_in_section"} else None,
        "offered": None if code is None else known.offered(line.section),
        "drafted": _target(line.drafted) if line.state == "Changed" else None,
    }


def _target(mapped: Mapped) -> Document:
    return {"sis": mapped.category_id_sis, "code": CODES.get(mapped.state)}


def _scope(scope: Scope) -> Document:
    return dict(zip(("lms", "section", "item"), scope, strict=True))


def _rows(
    rows: Iterable[CategoryRow], lines: Sequence[Line], known: CategoryMap, *, has_map: bool
) -> list[Document]:
    speaks: dict[Scope | None, int] = {}
    for line in lines:
        speaks[line.now.row] = speaks.get(line.now.row, 0) + line.items
    found = []
    for row in rows:
        lost = None if row.sis is None or not has_map else known.lost(row.sis)
        items = speaks.get((row.lms, row.section, row.item), 0) if row.state == "published" else None
        found.append(
            {
                **row.model_dump(),
                "items": items,
                "lost": lost,
                "near": known.near(row.sis or "") if lost else None,
            }
        )
    return found


def _assigners(items: pd.DataFrame) -> list[Document]:
    """List who assigned what does not go because of them, with how much that is (R070)."""
    out = items[items["assigner_state"] != "ok"]
    groups = out.groupby(["assigner", "assigner_state"], dropna=False, sort=True)[SECTION].agg(
        ["size", "nunique"]
    )
    found = []
    for person, state, count, sections in groups.reset_index().itertuples(index=False):
        reason = REASONS[ASSIGNER_CODES[state]]
        found.append(
            {
                "assigner": None if pd.isna(person) else person,
                "code": reason.code,
                "items": int(count),
                "sections": int(sections),
                "cause": reason.cause,
                "fix": reason.fix,
                "owner": reason.owner,
            }
        )
    return sorted(found, key=lambda one: (-one["items"], str(one["assigner"]), one["code"]))
