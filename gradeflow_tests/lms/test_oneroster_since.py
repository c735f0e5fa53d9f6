"""Reading only the results that changed gives what reading everything gives, as far as a provider stamps changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from gradeflow.model.gradebook import GradebookExtract
from gradeflow.transport.oneroster_lists import ENROLLMENTS
from gradeflow.transport.waiting import Waiting
from gradeflow_tests.contracts.on_the_way import Line, line  # noqa: F401 - a fixture
from gradeflow_tests.lms.practice_lms import NOW, PracticeLms, served

WEEKLY = {"full_read_every_days": 7, "page_size": 5}
DAY = dt.timedelta(days=1)
# What was there from the start is older than what is asked for again
START = NOW + DAY
SECTIONS = 3


@pytest.fixture(scope="module")
def server_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeLms]:
    with served("oneroster", tmp_path_factory.mktemp("oneroster")) as lms:
        yield lms


@pytest.fixture
def lms(server_of_all: PracticeLms) -> PracticeLms:
    server_of_all.renew()
    server_of_all.clock(START)
    return server_of_all


def again(lms: PracticeLms, last: GradebookExtract | None, **more: Any) -> GradebookExtract:
    return lms.read(lambda: last, **{**WEEKLY, **more})


def assert_same(one: GradebookExtract, two: GradebookExtract) -> None:
    item = ["lms_assignment_id", "section_id_sis"]
    for name, keys in (("line_items", item), ("results", [*item, "student_id_sis"])):
        left, right = (getattr(each, name).sort_values(keys, ignore_index=True) for each in (one, two))
        assert_frame_equal(left, right)
    assert (one.left_out, one.incomplete_sections) == (two.left_out, two.incomplete_sections)


def score(lms: PracticeLms, item: str, student: str, **changes: Any) -> None:
    lms.edit("results", changes, sourcedId=f"{item}-{student}")


def pages(lms: PracticeLms) -> int:
    """How many pages of results were read since the last time."""
    return sum(count for route, count in lms.asked().items() if route.endswith("/results"))


def test_without_the_setting_nothing_is_remembered_and_nothing_asked_for(lms: PracticeLms) -> None:
    def never() -> GradebookExtract:
        raise AssertionError

    assert lms.read(never).bookmark is None


def test_only_what_was_stamped_since_is_read_and_laid_over_the_last_reading(lms: PracticeLms) -> None:
    first = again(lms, None)
    assert pages(lms) > 3 * SECTIONS
    lms.clock(START + DAY)
    score(lms, "501-m9-01", "s-001", score=7.5)
    second = again(lms, first)
    assert pages(lms) == SECTIONS
    assert_same(second, lms.read())
    mine = second.results.set_index(["lms_assignment_id", "student_id_sis"])
    assert mine.loc[("501-m9-01", "s-001"), "score_e4"] == 75_000


def test_a_score_stamped_by_a_slow_clock_is_not_lost(tmp_path: Path) -> None:
    with served("oneroster", tmp_path) as lms:  # of its own: a practice clock never stamps backwards
        lms.clock(START)
        lms.now = START + dt.timedelta(minutes=20)
        first = again(lms, None)
        score(lms, "501-m9-01", "s-001", score=7.5)
        lms.clock(START + DAY)
        assert_same(again(lms, first), lms.read())


def test_a_run_about_a_later_instant_knows_no_more_than_the_clock_on_the_wall(lms: PracticeLms) -> None:
    lms.now, lms.wall = START + DAY, START
    first = again(lms, None)
    assert first.bookmark is not None
    assert first.bookmark.read_at == START


def test_what_is_known_ends_when_the_reading_begins(lms: PracticeLms, line: Line) -> None:  # noqa: F811 - the fixture
    def later(url: httpx.URL) -> httpx.URL:
        lms.wall = START + dt.timedelta(hours=3)
        return url

    lms.wall, lms.now, line.ask = START, START + DAY, later  # a run about a later day
    bookmark = again(lms, None).bookmark
    assert bookmark is not None
    assert bookmark.read_at == START


@pytest.mark.parametrize(
    ("collection", "key", "changes"),
    [
        ("results", "501-m9-01-s-001", {"status": "tobedeleted"}),
        ("lineItems", "501-m9-01", {"status": "tobedeleted"}),
        ("lineItems", "501-m9-01", {"title": "Renamed", "resultValueMax": 50}),
        ("classes", "sci-01", {"status": "tobedeleted"}),
        ("enrollments", "seat", {"status": "tobedeleted"}),
        ("enrollments", "seat", None),
    ],
)
def test_what_results_hang_on_has_their_class_read_anew(
    lms: PracticeLms, collection: str, key: str, changes: Any
) -> None:
    key = seat_of(lms, "s-001") if key == "seat" else key
    first = again(lms, None)
    lms.clock(START + DAY)
    lms.edit(collection, changes, sourcedId=key)
    second = again(lms, first)
    assert_same(second, lms.read())
    assert_same(again(lms, second), lms.read())


def seat_of(lms: PracticeLms, student: str) -> str:
    seats = lms.run(lambda source: source._list("/enrollments", ENROLLMENTS, "rostering"))
    return str(next(one["sourcedId"] for one in seats if one["user"]["sourcedId"] == student))


def test_a_deleted_result_of_a_student_without_a_seat_leaves_no_row(lms: PracticeLms) -> None:
    lms.edit("enrollments", None, sourcedId=seat_of(lms, "s-005"))
    first = again(lms, None)
    lms.clock(START + DAY)
    score(lms, "501-m9-01", "s-005", status="tobedeleted")
    second = again(lms, first)
    assert len(second.results) == len(first.results) - 1
    assert_same(second, lms.read())


def test_a_result_deleted_without_a_trace_stays_until_the_full_reading_heals_it(lms: PracticeLms) -> None:
    first = again(lms, None)
    lms.clock(START + DAY)
    lms.edit("results", None, sourcedId="501-m9-01-s-001")
    second = again(lms, first)
    assert_same(first, second)
    lms.clock(START + 7 * DAY)
    assert_same(again(lms, second), lms.read())


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda url: url.copy_remove_param("filter"), id="ignores it"),
        pytest.param(lambda url: url.copy_set_param("filter", "unknown='1'"), id="refuses it"),
    ],
)
def test_a_provider_that_does_not_filter_is_read_whole(
    lms: PracticeLms,
    line: Line,  # noqa: F811 - the fixture
    change: Callable[[httpx.URL], httpx.URL],
) -> None:
    first = again(lms, None)
    lms.clock(START + DAY)
    score(lms, "501-m9-01", "s-001", score=7.5)
    line.ask = lambda url: change(url) if "filter" in url.params else url
    second = again(lms, first)
    line.ask = lambda url: url
    assert_same(second, lms.read())


def test_a_class_that_was_out_of_reach_is_read_whole_the_next_time(
    lms: PracticeLms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Waiting, "seconds", lambda *_: 0.0)
    lms.fault(do="status", code=503, path="/classes/m9-01/results", times=4)
    lost = again(lms, None)
    assert lost.incomplete_sections == {"m9-01"}
    lms.clock(START + DAY)
    assert_same(again(lms, lost), lms.read())


def test_whole_lists_cannot_be_read_in_part(lms: PracticeLms) -> None:
    with pytest.raises(ValueError, match="only where by_class"):
        again(lms, None, by_class=False)


STEP = st.tuples(
    st.lists(
        st.tuples(
            st.sampled_from(["501-m9-01", "502-m9-01", "502-m9-02", "506-sci-01"]),
            st.sampled_from([f"s-{n:03}" for n in range(1, 13)]),
            st.one_of(
                st.fixed_dictionaries({"score": st.integers(0, 20), "scoreStatus": st.just("fully graded")}),
                st.fixed_dictionaries(
                    {"scoreStatus": st.sampled_from(["exempt", "not submitted", "submitted"])}
                ),
                st.fixed_dictionaries({"status": st.sampled_from(["active", "tobedeleted"])}),
                st.fixed_dictionaries({"late": st.sampled_from(["true", "false"])}),
            ),
        ),
        max_size=4,
    ),
    st.integers(0, 30 * 3600),
)


@settings(max_examples=10)
@given(steps=st.lists(STEP, min_size=1, max_size=3))
def test_night_after_night_what_is_stamped_gives_the_whole(
    server_of_all: PracticeLms, steps: list[Any]
) -> None:
    lms = server_of_all
    lms.renew()
    lms.clock(START)
    last, now = again(lms, None), START
    there = {f"{row.lms_assignment_id}-{row.student_id_sis}" for row in last.results.itertuples()}
    for edits, seconds in steps:
        now += dt.timedelta(seconds=seconds)
        lms.clock(now)
        for item, student, changes in edits:
            if f"{item}-{student}" in there:
                score(lms, item, student, **changes)
        last = again(lms, last)
    assert_same(last, lms.read())
