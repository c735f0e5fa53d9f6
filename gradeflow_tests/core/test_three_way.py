"""The three-way table: a test per row, total, compiled as decided, and what it promises in all its rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from gradeflow.core import three_way
from gradeflow.core.three_way import FACTS, TABLE, combinations, decide

FREE = {
    "observed": "present",
    "lock": "free",
    "desired": "value",
    "base": "yes",
    "is_sent": "no",
    "is_observed": "no",
    "is_stored": "no",
    "policy": "ask",
    "recreate": "no",
}
NEW = {"base": "no"}
SAME = {"is_sent": "yes"}
LOCKING = ("sis_wins_sticky", "block_item")
BLOCK = {"policy": "block_item"}
CLEARED = {"desired": "blank"}
# row, what differs from FREE, verdict, code
EXAMPLES: list[tuple[str, Mapping[str, str], str, str | None]] = [
    ("1a", {**NEW, "observed": "unreadable"}, "failed", "NOT_READ"),
    ("1a", {**NEW, "observed": "unread"}, "failed", "NOT_READ"),
    ("1b", {"observed": "unreadable"}, "failed", "NOT_READ"),
    ("1b", {"observed": "unread", "policy": "lms_wins"}, "failed", "NOT_READ"),
    ("2a", {"lock": "held", "is_observed": "yes"}, "adopt", None),
    ("2", {"lock": "held"}, "held", None),
    ("2", {"lock": "locked", "is_observed": "yes"}, "held", None),
    ("2", {"lock": "locked", "observed": "unreadable"}, "held", None),
    ("3", {"desired": "unknown"}, "unchanged", None),
    ("4", {**NEW, "desired": "none", "observed": "absent"}, "none", None),
    ("5", {**NEW, "observed": "absent"}, "create", None),
    ("6", {**NEW, "is_observed": "yes"}, "adopt", None),
    ("7", NEW, "held", "SIS_TYPED_FIRST"),
    ("7", {**NEW, "policy": "lms_wins"}, "held", "SIS_TYPED_FIRST"),
    ("8", {"desired": "none"}, "keep", "SENT_NOW_INELIGIBLE"),
    ("4", {**NEW, "desired": "blank", "observed": "present"}, "none", None),
    ("2", {**CLEARED, "lock": "locked", "is_stored": "yes"}, "held", None),
    ("8a", {**CLEARED, "observed": "unread"}, "failed", "NOT_READ"),
    ("8a", {**CLEARED, "observed": "unreadable", "is_stored": "yes"}, "failed", "NOT_READ"),
    ("8b", {**CLEARED, "observed": "absent"}, "adopt", None),
    ("8c", {**CLEARED, "is_stored": "yes"}, "update", "SCORE_CLEARED"),
    ("8d", {**CLEARED, "policy": "sis_wins_sticky"}, "unchanged", "SIS_EDITED"),
    ("8e", {**CLEARED, **BLOCK}, "unchanged", "SIS_CHANGED_ITEM"),
    ("8f", CLEARED, "unchanged", "SIS_EDITED"),
    ("8f", {**CLEARED, "policy": "create_only", "is_stored": "yes"}, "unchanged", "SIS_EDITED"),
    ("8f", {**CLEARED, "policy": "lms_wins"}, "unchanged", "SIS_EDITED"),
    ("9a", {**SAME, "observed": "unread"}, "unchanged", None),
    ("9a", {**SAME, "observed": "unreadable", "policy": "lms_wins"}, "unchanged", None),
    ("9b", {**SAME, "is_stored": "yes"}, "unchanged", None),
    ("10a", {**SAME, "policy": "lms_wins"}, "update", None),
    ("10b", {**SAME, "policy": "sis_owns"}, "unchanged", None),
    ("10b", {**SAME, "policy": "create_only"}, "unchanged", None),
    ("10c", {**SAME, "policy": "sis_wins_sticky"}, "unchanged", "SIS_EDITED"),
    ("10g", {**SAME, **BLOCK}, "unchanged", "SIS_CHANGED_ITEM"),
    ("10d", SAME, "unchanged", "SIS_EDITED"),
    ("10d", {**SAME, "policy": "sis_wins_until_lms_changes"}, "unchanged", "SIS_EDITED"),
    ("10e", {**SAME, "observed": "absent", "policy": "sis_wins_sticky"}, "unchanged", "SIS_DELETED"),
    ("10h", {**SAME, **BLOCK, "observed": "absent"}, "unchanged", "SIS_DELETED"),
    ("10f", {**SAME, "observed": "absent"}, "unchanged", "SIS_DELETED"),
    ("10f", {**SAME, "observed": "absent", "policy": "lms_wins"}, "unchanged", "SIS_DELETED"),
    ("11a", {"is_stored": "yes", "policy": "create_only"}, "unchanged", "CATEGORY_CREATE_ONLY"),
    ("11b", {"is_stored": "yes"}, "update", None),
    ("11b", {"is_stored": "yes", "policy": "sis_wins_sticky"}, "update", None),
    ("12", {"is_observed": "yes"}, "adopt", None),
    ("13a", {"observed": "absent", "recreate": "yes"}, "create", None),
    ("13a", {**BLOCK, "observed": "absent", "recreate": "yes"}, "create", None),
    ("13c", {**BLOCK, "observed": "absent"}, "held", "SIS_DELETED"),
    ("13b", {"observed": "absent"}, "held", "SIS_DELETED"),
    ("13b", {"observed": "absent", "policy": "lms_wins"}, "held", "SIS_DELETED"),
    ("14a", {"policy": "sis_owns"}, "unchanged", None),
    ("14b", {}, "held", "BOTH_CHANGED"),
    ("14e", {"policy": "sis_wins_sticky"}, "held", "BOTH_CHANGED"),
    ("14d", BLOCK, "held", "SIS_CHANGED_ITEM"),
    ("14c", {"policy": "lms_wins"}, "update", None),
    ("14c", {"policy": "sis_wins_until_lms_changes"}, "update", None),
]
WRITES = ("create", "update")


@pytest.mark.parametrize(("number", "facts", "verdict", "code"), EXAMPLES)
def test_a_situation_falls_into_its_row(
    number: str, facts: Mapping[str, str], verdict: str, code: str | None
) -> None:
    row = decide({**FREE, **facts})
    assert (row.number, row.verdict, row.code) == (number, verdict, code)


def test_every_row_has_an_example_and_can_be_reached() -> None:
    numbers = [row.number for row in TABLE]
    assert {example[0] for example in EXAMPLES} == set(numbers)
    assert {decide(facts).number for facts in combinations()} == set(numbers)
    assert len(numbers) == len(set(numbers))


def test_the_table_is_total_and_its_compiled_lookup_decides_alike() -> None:
    every = combinations()
    coded = {
        name: np.array([three_way.code_of(name, facts[name]) for facts in every], dtype=np.int64)
        for name in FACTS
    }
    decided = three_way.diff(coded)
    assert [TABLE[row].number for row in decided] == [decide(facts).number for facts in every]
    assert list(three_way.verdicts(decided)) == [decide(facts).verdict for facts in every]
    assert list(three_way.codes(decided)) == [decide(facts).code for facts in every]
    assert list(three_way.locking(decided)) == [decide(facts).locks for facts in every]
    assert list(three_way.blocking(decided)) == [decide(facts).blocks for facts in every]


def test_facts_outside_the_table_are_refused() -> None:
    with pytest.raises(LookupError):
        decide({**FREE, "policy": "coin"} | {"is_sent": "no", "observed": "present"})


def _those(**wanted: str | tuple[str, ...]) -> list[Mapping[str, str]]:
    return [
        facts
        for facts in combinations()
        if all(facts[name] in ((want,) if isinstance(want, str) else want) for name, want in wanted.items())
    ]


@pytest.mark.parametrize(
    ("promise", "never", "facts"),
    [
        ("sent as desired and the SIS unread", WRITES, {"base": "yes", "is_sent": "yes", "observed": "unread"}),
        (
            "edited in the SIS under a policy that asks or lets the SIS win",
            WRITES,
            {
                "base": "yes",
                "observed": "present",
                "is_stored": "no",
                "policy": ("ask", *LOCKING, "sis_owns", "create_only"),
            },
        ),
        (
            "typed in the SIS before anything was sent",
            WRITES,
            {"base": "no", "observed": "present"},
        ),
        ("deleted in the SIS and not to be recreated", WRITES, {"base": "yes", "observed": "absent", "recreate": "no"}),
        ("not readable", (*WRITES, "adopt"), {"observed": "unreadable"}),
        ("not read", (*WRITES, "adopt"), {"observed": "unread"}),
        ("locked", (*WRITES, "adopt"), {"lock": "locked"}),
        ("held", WRITES, {"lock": "held"}),
        ("nothing desired", (*WRITES, "adopt"), {"desired": ("unknown", "none")}),
        ("not changed by the LMS unless the LMS wins", WRITES, {
            "desired": "value", "base": "yes", "is_sent": "yes",
            "policy": ("ask", *LOCKING, "sis_wins_until_lms_changes", "sis_owns", "create_only"),
        }),
        ("a field that is sent once", ("update",), {"policy": "create_only"}),
        ("cleared in the LMS, and changed in the SIS", WRITES, {**CLEARED, "is_stored": "no"}),
        ("cleared in the LMS, and locked or held", WRITES, {**CLEARED, "lock": ("locked", "held")}),
        ("cleared in the LMS, and gone from the SIS", WRITES, {**CLEARED, "observed": "absent"}),
        ("cleared in the LMS, and never sent", (*WRITES, "adopt"), {**CLEARED, "base": "no"}),
    ],
)  # fmt: skip
def test_what_is_never_done(
    promise: str, never: tuple[str, ...], facts: Mapping[str, str | tuple[str, ...]]
) -> None:
    cases = _those(**facts)
    assert cases, promise
    assert not [case for case in cases if decide(case).verdict in never], promise


def test_only_an_edit_or_a_deletion_in_the_sis_locks() -> None:
    locking = [row for row in TABLE if row.locks]
    assert {row.code for row in locking} == {"SIS_EDITED", "SIS_DELETED", "BOTH_CHANGED"}
    assert {row.verdict for row in locking} == {"unchanged", "held"}


def test_an_item_is_blocked_by_every_change_of_the_sis_where_the_policy_says_so_and_by_nothing_else() -> None:
    for facts in combinations():
        row = decide(facts)
        if row.blocks:
            assert facts["policy"] == "block_item"
            assert row.verdict in ("unchanged", "held")
        sis_changed = facts["base"] == "yes" and facts["observed"] == "present" and facts["is_stored"] == "no"
        wanted = facts["desired"] == "value" and facts["lock"] == "free"
        same = facts["is_observed"] == "yes" and facts["is_sent"] == "no"
        if facts["policy"] == "block_item" and sis_changed and wanted and not same:
            assert row.blocks, facts
