"""What holds in every world: counts add up, one night is enough, nothing is read or sent without a cause."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from gradeflow_tests.core.nights import District, Night

STUDENTS = ("s1", "s2", "s3")
ITEMS = ("1", "2", "3")
Cell = tuple[int | None, str | None]
POINTS = st.sampled_from([None, 0, 50_000, 87_549, 100_000, 990_000])
SCORES = st.dictionaries(st.tuples(st.sampled_from(ITEMS), st.sampled_from(STUDENTS)), POINTS, max_size=7)
CELLS = st.lists(
    st.one_of(
        st.just((None, None)),
        st.tuples(st.sampled_from([0, 50_000, 99_000]), st.sampled_from(["graded", "exempt"])),
    ),
    max_size=2,
)
EDITS = st.dictionaries(st.tuples(st.sampled_from(ITEMS), st.sampled_from(STUDENTS)), CELLS, max_size=3)
FIELD_EDITS = st.dictionaries(
    st.sampled_from(ITEMS),
    st.sampled_from(
        [("title", "Theirs"), ("points", "200000"), ("category", "c-Lab"), ("due_date", "2026-12-01")]
    ),
    max_size=2,
)
LMS_EDITS = st.dictionaries(
    st.sampled_from(ITEMS),
    st.sampled_from(
        [
            ("title", "Renamed"),
            ("points_possible_e4", 120_000),
            ("category_lms", "Quiz"),
            ("is_selected", False),
        ]
    ),
    max_size=2,
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[District, Night]:
    """A district after a first night, with anything changed on both sides since."""
    district = District(
        overrides={
            "conflict_policy": draw(st.sampled_from(["ask", "sis_wins_sticky", "lms_wins", "block_item"])),
            "atomic_unit": draw(st.sampled_from(["score", "item"])),
            "category_policy": draw(st.sampled_from(["create_only", "resend"])),
            "on_cleared": draw(st.sampled_from(["keep", "clear"])),
        },
        cut_title=draw(st.sampled_from([4, 255])),
        score_digits=draw(st.sampled_from([0, 4])),
    )
    for name in ITEMS:
        district.add(name, {}, section_id_sis=draw(st.sampled_from(["A", "B"])))
    _score(district, draw(SCORES))
    if draw(st.booleans()):
        district.night()
    _score(district, draw(SCORES))
    for name, (column, value) in draw(LMS_EDITS).items():
        district.items[name][column] = value
    _edit_sis(district, draw(EDITS), draw(FIELD_EDITS), draw(st.sets(st.sampled_from(ITEMS), max_size=1)))
    district.unreadable_sections = draw(st.sets(st.sampled_from(["A", "B"]), max_size=1))
    return district, district.night()


def _edit_sis(
    district: District,
    cells: Mapping[tuple[str, str], list[Cell]],
    fields: Mapping[str, tuple[str, str]],
    deleted: set[str],
) -> None:
    there = {name for name in ITEMS if f"id-{name}" in district.sis}
    for (name, student), typed in cells.items():
        if name in there:
            district.edit_cell(name, student, *typed)
    for name, (column, value) in fields.items():
        if name in there:
            district.in_sis(name).fields[column] = value
    for name in deleted & there:
        del district.sis[f"id-{name}"]


def _score(district: District, scores: Mapping[tuple[str, str], int | None]) -> None:
    for (name, student), points in scores.items():
        district.give(name, student, points)


@given(worlds())
@settings(max_examples=20)  # each lives through several nights
def test_every_row_is_counted_once_and_nothing_is_read_or_sent_without_a_cause(
    world: tuple[District, Night],
) -> None:
    district, night = world
    assert sum(night.items.values()) == len(district.items)
    assert sum(night.results.values()) == len(district.scores)
    items = night.desired.line_items
    touched = items[night.candidates.line_items]
    assert set(night.read_sections) == set(touched["section_id_sis"])
    assert set(night.read_items) <= set(touched["line_item_id"])
    readable = set(night.read_sections) - district.unreadable_sections
    changes, sent = night.plan.line_item_changes, night.plan.result_changes
    assert set(changes["section_id_sis"]) | set(sent["section_id_sis"]) <= readable
    assert set(sent.loc[sent["action"] != "create", "line_item_sis_id"]) <= set(night.read_items)
    at = night.desired.results.set_index("result_key").index.get_indexer(sent["result_key"])
    assert (night.candidates.results[at]).all()


@given(worlds())
@settings(max_examples=20)  # each lives through several nights
def test_no_cell_is_overwritten_that_does_not_hold_what_was_stored(world: tuple[District, Night]) -> None:
    district, night = world
    if district.overrides["conflict_policy"] == "lms_wins":
        return
    sent = night.plan.result_changes
    for row in sent[sent["action"] != "adopt"].itertuples():
        was = [cell for cell in night.cells.get((row.line_item_sis_id, row.student_id_sis), []) if cell[1]]
        assert was == ([night.stored[row.result_key]] if row.action == "update" else [])


@given(worlds())
@settings(max_examples=20)  # each lives through several nights
def test_only_a_score_that_the_lms_has_no_more_and_the_sis_still_holds_as_stored_is_cleared(
    world: tuple[District, Night],
) -> None:
    district, night = world
    sent = night.plan.result_changes
    cleared = sent[(sent["status"] == "blank") & (sent["action"] != "adopt")]
    assert night.plan.cleared == len(cleared)
    assert cleared.empty or district.overrides["on_cleared"] == "clear"
    for row in cleared.itertuples():
        assert district.scores[row.lms_assignment_id, row.student_id_sis]["score_e4"] is None
        assert night.cells[row.line_item_sis_id, row.student_id_sis] == [night.stored[row.result_key]]


@given(worlds())
@settings(max_examples=20)  # each lives through several nights
def test_a_night_repeated_has_nothing_left_to_read_or_write(world: tuple[District, Night]) -> None:
    district, _ = world
    district.unreadable_sections = set()
    one, other = district.night(deliver=False), district.night(deliver=False, order=-1)
    assert (one.writes, one.items, one.results) == (other.writes, other.items, other.results)
    assert (one.codes, one.held) == (other.codes, other.held)
    before = district.night()
    again = district.night()
    assert (again.writes, again.held) == ([], set())
    # A doubled cell stays unreadable, and an item that the SIS holds back stays so: both are tried every night.
    waits = {code for code, _ in before.codes} & {
        "LIKELY_DUPLICATE",
        "SIS_POINTS_CHANGED",
        "SIS_DELETED",
        "SIS_TYPED_FIRST",
        "SIS_CHANGED_ITEM",
    }
    if not before.results.get("failed") and not waits:
        assert (again.read_sections, any(again.examined)) == ([], False)
    assert {"created", "updated", "adopted"}.isdisjoint(again.results)
    assert sum(again.results.values()) == len(district.scores)


@given(worlds())
@settings(max_examples=20)  # each lives through several nights
def test_of_an_item_that_goes_whole_nothing_is_sent_beside_a_score_that_breaks_a_rule_or_was_changed(
    world: tuple[District, Night],
) -> None:
    district, night = world
    sent = {assignment for _, _, assignment in night.writes}
    results = night.desired.results
    if district.overrides["atomic_unit"] == "item":
        rejected = results.loc[results["verdict"] == "rejected", "item_row"]
        assert sent.isdisjoint(night.desired.line_items["lms_assignment_id"].iloc[rejected])
    if district.overrides["conflict_policy"] == "block_item":
        found = night.plan.findings
        blocked = found.loc[found["code"] == "SIS_CHANGED_ITEM", "lms_assignment_id"]
        assert sent.isdisjoint(blocked)
