"""Every rule of a route, asked one by one about one line item or one score: what `explain` shows.

The rows and checks are those that `judge` evaluates; nothing is decided here a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from gradeflow.rules.judge import passes
from gradeflow.rules.profile import Profile
from gradeflow.rules.reasons import REASONS
from gradeflow.rules.rulebook import Grain, rules_of


@dataclass(frozen=True, slots=True)
class Trace:
    """One rule and what it says of one row.

    Attributes:
        rule_id: the numbered rule it rests on.
        key, origin: the profile value that sets it and the layer that the value comes from.
        threshold: that value.
        value: the fact judged; None where it is not known.
        outcome: what a failure does: rejected, skipped, noted.
    """

    code: str
    rule_id: str
    key: str
    origin: str
    threshold: str
    value: str | None
    verdict: Literal["passes", "fails"]
    outcome: str


def trace(facts: pd.DataFrame, profile: Profile, grain: Grain) -> list[Trace]:
    """Ask every rule that applies on the route.

    Args:
        facts: one row of facts of this grain.
        profile: the effective profile.
        grain: whether the row is a line item or a result.

    Returns:
        In the order of the rule book.
    """
    found = []
    for rule, check in rules_of(profile, grain):
        value = facts[rule.detail or rule.column].iloc[0]
        found.append(
            Trace(
                code=rule.code,
                rule_id=rule.cited(profile),
                key=rule.key,
                origin=profile.origins[rule.key],
                threshold=rule.threshold(profile),
                value=None if pd.isna(value) else str(value),
                verdict="passes" if passes(check, facts[rule.column])[0] else "fails",
                outcome=REASONS[rule.code].outcome,
            )
        )
    return found
