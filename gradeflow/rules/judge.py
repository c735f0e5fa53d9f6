"""Judge a gradebook: what shall stand in the SIS, and a finding for everything that does not go as it is.

Each rule is judged at its grain: a line item that does not go drops its results without their checks being
run. "Not meant to go" outweighs "needs a fix": an item that nobody ticked is not told that its name is long.
Checks are evaluated on their column through pandera's own CheckResult; a test proves that lazy validation of
the same schema names the same rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa
from pandas.api.extensions import ExtensionArray

from gradeflow.model.district import District
from gradeflow.model.gradebook import GradebookExtract, SisReference
from gradeflow.model.joins import locate, take
from gradeflow.model.points import rounded_e4
from gradeflow.rules.item_facts import item_facts
from gradeflow.rules.profile import Profile
from gradeflow.rules.reasons import REASONS, Outcome
from gradeflow.rules.rulebook import Grain, Rule, rules_of
from gradeflow.rules.score_facts import score_facts
from gradeflow.rules.student_ids import with_ids_of_the_sis

ITEM_KEY = ["lms_assignment_id", "section_id_sis"]
RESULT_KEY = [*ITEM_KEY, "student_id_sis"]
FINDING_COLUMNS = ["rule_id", "code", "outcome", "owner", *RESULT_KEY, "value", "threshold"]
JUDGED_NOTES = frozenset({"AUTO_ZERO", "LMS_INCOMPLETE", "SCORE_ROUNDED", "STUDENT_IN_TWO_SECTIONS"})
BLOCKING: tuple[Outcome, ...] = ("skipped", "rejected")
VERDICTS = ("pass", *BLOCKING)
STATUSES, ORIGINS = ("", "graded", "exempt"), ("", "typed", "excused", "auto_zero")
SHALL_HOLD = ["verdict", "reason", "score_e4", "status", "origin"]
OF_THE_LMS = [*RESULT_KEY, "attempt"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A judged gradebook.

    Attributes:
        line_items: one row per line item with its facts and `verdict` (pass, skipped, rejected, or unknown
            where the LMS could not be read whole), `reason`.
        results: one row per result, in the extract's order: RESULT_KEY, `verdict`, `reason` and, where it
            passes, `score_e4`, `status` (graded, exempt) and `origin` (typed, excused, auto_zero) as the SIS
            shall hold them; `attempt` as the LMS counts them, for the audit alone.
        findings: FINDING_COLUMNS, one row per failed rule and row, most general first.
    """

    line_items: pd.DataFrame
    results: pd.DataFrame
    findings: pd.DataFrame


def judge(
    extract: GradebookExtract,
    reference: SisReference,
    district: District,
    profile: Profile,
    as_of: dt.datetime,
    names_sent: pd.DataFrame | None,
) -> Judged:
    """Apply a route's rules to one district's gradebook at one instant. The order of rows is irrelevant.

    Args:
        names_sent: ITEM_KEY and `title`: the names under which line items stand in the SIS by our hand; None where
            nothing was ever sent. Without a default, since who forgets them judges otherwise than the night.

    Raises:
        ConfigError: students cannot be told apart by the ids that the district file asks for.
    """
    extract = with_ids_of_the_sis(extract, reference, district)
    facts = item_facts(extract, reference, district, profile.values, as_of)
    first = _evaluate(facts, profile, "line_item", skip={"DUPLICATE_ITEM"})
    skipped = _failed(first, "skipped", len(facts))
    facts["is_first_of_name"] = _first_of_name(facts, among=~skipped, names_sent=names_sent)
    failures = first + _evaluate(facts, profile, "line_item", only={"DUPLICATE_ITEM"})
    items, item_findings = _verdicts(facts, failures, profile, ITEM_KEY)

    all_results = extract.results.reset_index(drop=True)
    item_at = locate(all_results, items, ITEM_KEY)
    inherited = _with_their_item(all_results, items, item_at)
    goes = (inherited["verdict"] == "pass").to_numpy(bool)
    scores = score_facts(all_results[goes], items, item_at[goes], reference, district, profile.values, as_of)
    judged, score_findings = _verdicts(scores, _evaluate(scores, profile, "result"), profile, RESULT_KEY)
    judged, notes = _desired(judged, profile)
    results = _among(inherited, goes, judged)
    findings = pd.concat([item_findings, score_findings, notes], ignore_index=True)
    return _concluding_nothing(Judged(items, results, findings), extract.incomplete_sections)


def _concluding_nothing(judged: Judged, sections: frozenset[str]) -> Judged:
    """Set rows of sections that the LMS did not give whole to `unknown`: a failed read is not an empty set."""
    if not sections:
        return judged
    frames = []
    for frame in (judged.line_items, judged.results):
        unread = frame["section_id_sis"].isin(sections)
        verdict = frame["verdict"].mask(unread, "unknown")
        frames.append(frame.assign(verdict=verdict, reason=frame["reason"].mask(unread, "LMS_INCOMPLETE")))
    kept = judged.findings[~judged.findings["section_id_sis"].isin(sections)]
    items = judged.line_items
    told = make_findings(items.loc[items["section_id_sis"].isin(sections), ITEM_KEY], "LMS_INCOMPLETE")
    return Judged(frames[0], frames[1], pd.concat([kept, told], ignore_index=True))


Failure = tuple[Rule, npt.NDArray[np.bool_]]


def _evaluate(
    facts: pd.DataFrame,
    profile: Profile,
    grain: Grain,
    *,
    only: set[str] | None = None,
    skip: set[str] | None = None,
) -> list[Failure]:
    failures = []
    for rule, check in rules_of(profile, grain):
        if (only and rule.code not in only) or (skip and rule.code in skip):
            continue
        failed = ~passes(check, facts[rule.column])
        if failed.any():
            failures.append((rule, failed))
    return failures


def passes(check: pa.Check, column: pd.Series) -> npt.NDArray[np.bool_]:
    """Evaluate one check on its column. An exception in a check is a defect, not bad data: it propagates."""
    output = pd.Series(check(column).check_output, index=column.index)
    return (output if output.dtype == bool else output.fillna(False)).to_numpy(dtype=bool)


def _failed(failures: list[Failure], outcome: Outcome, length: int) -> npt.NDArray[np.bool_]:
    failed = np.zeros(length, dtype=bool)
    for rule, mask in failures:
        if REASONS[rule.code].outcome == outcome:
            failed |= mask
    return failed


def _first_of_name(
    facts: pd.DataFrame, among: npt.NDArray[np.bool_], names_sent: pd.DataFrame | None
) -> npt.NDArray[np.bool_]:
    """Tell which items bear their name first in their section: who has it in the SIS, then by creation and id (G11).

    Items without a name do not share one: what they lack is a rule of its own.
    """
    by_number = facts["lms_assignment_id"].str.zfill(40)  # "9" was made before "10"
    named = [*ITEM_KEY, "title"]
    is_new = True if names_sent is None else locate(facts, names_sent, named) < 0
    order = facts.assign(_id=by_number, _is_new=is_new)[
        among & (facts["title"] != "").to_numpy(bool)
    ].sort_values(
        ["section_id_sis", "_is_new", "created_at", "_id", "lms_assignment_id"],
        na_position="last",
        kind="stable",
    )
    is_first = np.ones(len(facts), dtype=bool)
    again = order.duplicated(["section_id_sis", "title"], keep="first")
    is_first[order.index[again]] = False
    return is_first


def _verdicts(
    facts: pd.DataFrame, failures: list[Failure], profile: Profile, key: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    skipped = _failed(failures, "skipped", len(facts))
    rejected = _failed(failures, "rejected", len(facts))
    verdict = np.zeros(len(facts), dtype=np.intp)
    reason = np.full(len(facts), -1, dtype=np.intp)
    parts = []
    for position, (rule, mask) in enumerate(failures):
        outcome = REASONS[rule.code].outcome
        outweighed = {"skipped": False, "rejected": skipped}.get(outcome, skipped | rejected)
        rows = mask & ~np.asarray(outweighed)
        if outcome in BLOCKING:
            fresh = rows & (verdict == 0)
            verdict[fresh], reason[fresh] = VERDICTS.index(outcome), position
        if rows.any():
            parts.append(_findings(facts, rows, rule, profile, key))
    judged = facts.assign(
        verdict=_named(VERDICTS, verdict), reason=_named([rule.code for rule, _ in failures], reason)
    )
    return judged, _concat(parts)


def _named(names: Sequence[str], codes: npt.NDArray[np.intp]) -> ExtensionArray:
    """Write small codes as text; -1 is null."""
    return pd.array(list(names), dtype="str").take(codes, allow_fill=True)


def _findings(
    facts: pd.DataFrame, rows: npt.NDArray[np.bool_], rule: Rule, profile: Profile, key: list[str]
) -> pd.DataFrame:
    return make_findings(
        facts[key][rows],
        rule.code,
        rule_id=rule.cited(profile),
        value=facts[rule.detail or rule.column][rows],
        threshold=rule.threshold(profile),
    )


def make_findings(
    keys: pd.DataFrame,
    code: str,
    *,
    rule_id: str | None = None,
    value: pd.Series | None = None,
    threshold: str | None = None,
) -> pd.DataFrame:
    """Make findings of one code, one per row of `keys` (columns of RESULT_KEY, the student optional)."""
    reason = REASONS[code]
    said: dict[str, object] = {"rule_id": rule_id or reason.rule, "code": code}
    said |= {"outcome": reason.outcome, "owner": reason.owner}
    said |= {name: keys[name].array if name in keys else None for name in RESULT_KEY}
    said |= {"value": None if value is None else value.astype("str").array, "threshold": threshold}
    # At once: a column set on a finished frame costs more than all of these few
    return pd.DataFrame(said, index=range(len(keys)), dtype="str")


def _concat(parts: list[pd.DataFrame]) -> pd.DataFrame:
    if len(parts) == 1:
        return parts[0]
    return pd.concat(parts or [pd.DataFrame(columns=FINDING_COLUMNS, dtype="str")], ignore_index=True)


def _with_their_item(results: pd.DataFrame, items: pd.DataFrame, at: npt.NDArray[np.intp]) -> pd.DataFrame:
    """Give results the class and reason of their item."""
    nothing = np.zeros(len(results), dtype=np.intp)
    return results[OF_THE_LMS].assign(
        verdict=take(items["verdict"], at).fillna("rejected"),
        reason=take(items["reason"], at).mask(at < 0, "SECTION_NOT_IN_SIS"),
        score_e4=pd.arrays.IntegerArray(
            np.zeros(len(results), dtype="int64"), mask=np.ones(len(results), bool)
        ),
        status=_named(STATUSES, nothing),
        origin=_named(ORIGINS, nothing),
    )


def _among(inherited: pd.DataFrame, goes: npt.NDArray[np.bool_], judged: pd.DataFrame) -> pd.DataFrame:
    """Lay the judged results among those that go the way of their item."""
    if goes.all():
        return judged[[*OF_THE_LMS, *SHALL_HOLD]]
    at = np.where(goes, len(inherited) + np.cumsum(goes) - 1, np.arange(len(goes)))
    return inherited.assign(
        **{
            name: pd.concat([inherited[name], judged[name]], ignore_index=True).array.take(at)
            for name in SHALL_HOLD
        }
    )


def _desired(scores: pd.DataFrame, profile: Profile) -> tuple[pd.DataFrame, pd.DataFrame]:
    passed = (scores["verdict"] == "pass").to_numpy(bool)
    exempt = passed & (scores["score_state"] == "excused").to_numpy(bool)
    zero = passed & (scores["score_state"] == "auto_zero").to_numpy(bool)
    typed = passed & ~exempt & ~zero
    value = scores["score_e4"].to_numpy(dtype="int64", na_value=0)
    digits, cites = profile.values.score_digits, profile.cites
    rounded = rounded_e4(value, digits)
    beside = rounded_e4(scores["exempt_e4"].to_numpy(dtype="int64", na_value=0), digits)
    result = scores.assign(
        score_e4=pd.arrays.IntegerArray(np.where(typed, rounded, np.where(exempt, beside, 0)), mask=~passed),
        status=_named(STATUSES, passed.astype(np.intp) + exempt),
        origin=_named(ORIGINS, typed + 2 * exempt.astype(np.intp) + 3 * zero),
    )
    keys = scores[RESULT_KEY]
    twice = passed.copy()
    twice[passed] = keys[passed].duplicated(["lms_assignment_id", "student_id_sis"], keep=False)
    notes = (
        ("AUTO_ZERO", zero, cites["missing_policy"]),
        ("SCORE_ROUNDED", typed & (rounded != value), cites["score_digits"]),
        ("STUDENT_IN_TWO_SECTIONS", twice, None),
    )
    return result, _concat(
        [make_findings(keys[rows], code, rule_id=rule) for code, rows, rule in notes if rows.any()]
    )
