"""Breakers: what stops a plan before anything is written, and what a person has to do about it.

Shares are of the district's confirmed results in scope, each with a minimum count, so that a small district is
not stopped by two changes. A first load can only be stopped by the lack of its approval: nothing was confirmed
yet that could change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass

from gradeflow.core.plan import Plan
from gradeflow.model.district import District
from gradeflow.rules.categories import CategoryMap
from gradeflow.rules.profile import Profile
from gradeflow.rules.reasons import REASONS

CANNOT_CLEAR = (
    "overrides say on_cleared: clear, and this SIS connection cannot clear a score. Set on_cleared: keep, or, where it "
    "is OneRoster and the provider lets results be deleted, add delete_results: true below sis."
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What breakers look at.

    Attributes:
        confirmed: results in scope that the SIS is known to hold.
        removed: confirmed results in scope that a complete extract no longer has.
        moved, compared: scores whose value in the SIS is not the stored one any more, of those read back.
        rule_set: the name of the one that judged.
        rule_set_was: of the one under which something was last sent; None: nothing was.
        effective: the district's effective date.
        effective_was: the one that its file named when something was last sent; None: it named none.
        writes: line items and results to create or update.
        unready: what keeps the district from being ready, one sentence each.
        plan_digest: of the plan as it stands.
        command, preview: the commands that ask for this run again, and for its plan alone.
    """

    district: District
    profile: Profile
    plan: Plan
    today: dt.date
    confirmed: int
    removed: int
    moved: int
    compared: int
    rule_set: str
    rule_set_was: str | None
    writes: int
    unready: tuple[str, ...]
    plan_digest: str
    approved_plan: str | None
    command: str
    preview: str
    effective: dt.date | None = None
    effective_was: dt.date | None = None

    @property
    def reaches_back(self) -> bool:
        """Whether the window begins earlier than when something was last sent (R065)."""
        now, was = self.effective, self.effective_was
        return now is not None and was is not None and now < was


@dataclass(frozen=True, slots=True)
class Verdict:
    """One breaker's answer; `message` says what to do where it tripped. `value` of `base` was looked at."""

    name: str
    passed: bool
    message: str
    value: int = 0
    base: int = 0


def _share(facts: Facts, value: int, share: float) -> bool:
    """Tell whether `value` is more than its share of the confirmed results and above the minimum."""
    return (
        facts.confirmed > 0
        and value >= facts.profile.values.breaker_minimum
        and value > share * facts.confirmed
    )


def _allow(facts: Facts, breaker: str) -> str:
    """Write the command that lets one breaker pass, for this run alone."""
    return f"{facts.command} --allow {breaker}"


def _not_ready(facts: Facts) -> Verdict:
    return Verdict("ready", not facts.unready, " ".join(facts.unready), len(facts.unready))


def _paused(facts: Facts) -> Verdict:
    pause = facts.district.passback.pause
    stops = pause is not None and facts.today <= pause.until
    if pause is None or not stops:
        return Verdict("not_paused", passed=True, message="")
    ends = "To send sooner, take passback.pause out of the district file."
    return Verdict("not_paused", passed=False, message=f"Paused until {pause.until} ({pause.reason}). {ends}")


def _first_seen(facts: Facts) -> Verdict:
    waits = facts.confirmed == 0 and facts.writes > 0 and facts.district.passback.first_load is None
    message = (
        f"Nothing was ever sent for this district; {facts.writes} writes wait. Look at the plan, then approve it "
        "in the district file: passback.first_load: {approved_by: NAME, on: DATE}."
    )
    return Verdict("first_seen", not waits, message if waits else "", facts.writes, facts.confirmed)


def _share_changed(facts: Facts) -> Verdict:
    trips = _share(facts, facts.plan.updated_results, facts.profile.values.breaker_share_changed)
    message = (
        f"{facts.plan.updated_results} of {facts.confirmed} confirmed results would change, more than "
        f"{facts.profile.values.breaker_share_changed:.0%}. If the plan is right: {_allow(facts, 'share_changed')}."
    )
    return Verdict(
        "share_changed", not trips, message if trips else "", facts.plan.updated_results, facts.confirmed
    )


def _shrunken(facts: Facts) -> Verdict:
    trips = _share(facts, facts.removed, facts.profile.values.breaker_share_removed)
    message = (
        f"{facts.removed} of {facts.confirmed} confirmed results are gone from the LMS extract. Check that the "
        f"LMS was read whole. If they were really deleted: {_allow(facts, 'shrunken_extract')}."
    )
    return Verdict("shrunken_extract", not trips, message if trips else "", facts.removed, facts.confirmed)


def _sis_moved(facts: Facts) -> Verdict:
    values = facts.profile.values
    trips = (
        facts.moved >= values.breaker_minimum and facts.moved > values.breaker_share_moved * facts.compared
    )
    message = (
        f"{facts.moved} of {facts.compared} scores read back are no longer what the SIS stored, more than "
        f"{values.breaker_share_moved:.0%}. Ask the SIS office whether a backup was restored or ids were given anew. "
        f"If these are edits: {_allow(facts, 'sis_moved')}."
    )
    return Verdict("sis_moved", not trips, message if trips else "", facts.moved, facts.compared)


def _share_zeroed(facts: Facts) -> Verdict:
    lost = facts.plan.zeroed + facts.plan.cleared
    trips = _share(facts, lost, facts.profile.values.breaker_share_zeroed)
    becomes = "a typed 0"
    if facts.plan.cleared:
        becomes += f" ({facts.plan.zeroed}) or be cleared ({facts.plan.cleared})"
    message = (
        f"{lost} of {facts.confirmed} confirmed results would become {becomes}. "
        f"If the plan is right: {_allow(facts, 'share_zeroed')}."
    )
    return Verdict("share_zeroed", not trips, message if trips else "", lost, facts.confirmed)


def _reviewed(facts: Facts) -> Verdict:
    """Wait for a person's word on exactly this plan.

    Where the district asks for it, where somebody gave one (R185), and for the first plan under another rule set or
    an earlier effective date.
    """
    is_new = facts.rule_set_was is not None and facts.rule_set_was != facts.rule_set
    asked = facts.district.passback.delivery == "review" or facts.approved_plan is not None or is_new
    asked = asked or facts.reaches_back
    waits = asked and facts.writes > 0 and facts.approved_plan != facts.plan_digest
    if facts.approved_plan is not None:
        begins = "The plan is no longer the one that was approved."
    elif is_new:
        begins = (
            f"The rule set changed from {facts.rule_set_was} to {facts.rule_set}: "
            "the first plan under it is reviewed."
        )
    elif facts.reaches_back:
        begins = (
            f"The effective date moved back from {facts.effective_was} to {facts.effective}: the first plan that "
            "reaches further back is reviewed."
        )
    else:
        begins = "This district's plans are reviewed before they are sent."
    approves = f"{facts.command} --plan {facts.plan_digest[:12]} --by NAME"
    message = f"{begins} Look at it with {facts.preview}, then: {approves}."
    return Verdict("reviewed", not waits, message if waits else "", facts.writes)


BREAKERS: tuple[tuple[str, Callable[[Facts], Verdict]], ...] = (
    ("ready", _not_ready),
    ("not_paused", _paused),
    ("first_seen", _first_seen),
    ("share_changed", _share_changed),
    ("shrunken_extract", _shrunken),
    ("sis_moved", _sis_moved),
    ("share_zeroed", _share_zeroed),
    ("reviewed", _reviewed),
)
ALLOWABLE = ("share_changed", "shrunken_extract", "sis_moved", "share_zeroed")


def judge_breakers(facts: Facts, allowed: Collection[str]) -> list[Verdict]:
    """Ask every breaker. A person may allow the ones of ALLOWABLE for one run; `reviewed` takes a digest."""
    verdicts = [breaker(facts) for _, breaker in BREAKERS]
    return [
        Verdict(v.name, True, f"allowed for this run: {v.message}", v.value, v.base)
        if not v.passed and v.name in allowed and v.name in ALLOWABLE
        else v
        for v in verdicts
    ]


def unready(
    district: District, profile: Profile, categories: CategoryMap, *, clears_results: bool
) -> tuple[str, ...]:
    """Say what keeps the whole district from sending: told once, not per score (R051, R052, R056, R059, R060, G02).

    Args:
        clears_results: whether the SIS can be asked to clear a score.
    """
    sentences = [
        f"{REASONS['SIS_SETTING_UNATTESTED'].cause} Add below attested: {{fact: {fact}, by: NAME, on: DATE}}."
        for fact in profile.values.attestations
        if not district.is_attested(fact)
    ]
    if profile.values.teacher_group and not district.passback.teachers:
        sentences.append(f"{REASONS['TEACHER_GROUP_EMPTY'].cause} {REASONS['TEACHER_GROUP_EMPTY'].fix}")
    if missing := categories.uncovered_types():
        sentences.append(f"{REASONS['MAPPING_INCOMPLETE'].cause} Missing: {', '.join(missing)}.")
    if profile.values.on_cleared == "clear" and not clears_results:
        sentences.append(CANNOT_CLEAR)
    return tuple(sentences)
