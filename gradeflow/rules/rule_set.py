"""The name of the rule set as a whole: another name, another judgement, so that its first plan is looked at.

It is a digest of what decides: the rows of the rule book, what a failed rule does to a row, and the values of every
profile. So nobody has to remember to raise a number when a row changes, in a copy of this project neither. Words,
citations and the order of rows are left out, since they change no plan; so is what a district sets itself. Code that
reads a fact otherwise is no row: whoever changes it so that other rows pass raises EDITION.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from gradeflow.rules import layers
from gradeflow.rules.reasons import REASONS
from gradeflow.rules.rulebook import RULES

EDITION: Final = 1
SHOWN: Final = 12
DECIDING: Final = ("values", "version", "versions", "like", "lms", "sis")


@cache
def rule_set() -> str:
    """Name the rule set: the same in every process and on every machine."""
    rows = sorted([rule.grain, rule.code, rule.column, rule.key] for rule in RULES)
    outcomes = {rule.code: REASONS[rule.code].outcome for rule in RULES}
    profiles = {name: _deciding(content) for name, content in layers.contents().items()}
    return name_of(EDITION, rows, outcomes, profiles)


def name_of(edition: int, rows: list[list[str]], outcomes: Mapping[str, str], profiles: Any) -> str:
    """Name what decides."""
    text = json.dumps([edition, rows, outcomes, profiles], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:SHOWN]


def _deciding(content: Mapping[str, Any]) -> Any:
    return {name: _without_citations(content[name]) for name in DECIDING if name in content}


def _without_citations(node: Any) -> Any:
    if not isinstance(node, Mapping):
        return node
    if set(node) == {"value", "rule"}:
        return node["value"]
    return {name: _without_citations(value) for name, value in node.items()}


def rules_digest(route: str, values: str, effective: dt.date | None = None) -> str:
    """Name what a run judged by: the rule set, its route and values after the district's overrides, and its window.

    Args:
        effective: the effective date of the district file, where it names one; it stands in the digest as it is.
    """
    own = hashlib.sha256(json.dumps([route, values]).encode()).hexdigest()
    return f"{rule_set()}:{own}" + ("" if effective is None else f":{effective.isoformat()}")


def effective_date_of(digest: str) -> dt.date | None:
    """Read the effective date out of a run's digest; None where its district file named none."""
    _, _, last = digest.rpartition(":")
    return dt.date.fromisoformat(last) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", last) else None


def rule_set_of(digest: str) -> str:
    """Read the rule set out of a run's digest; one that names none is of an earlier version of gradeflow."""
    name, colon, _ = digest.partition(":")
    return name if colon else "an earlier one"
