"""What Canvas does beside: paging, throttling, hidden SIS keys, overrides, switched-off export."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from gradeflow.errors import CredentialError, PermanentError, RetriableError


async def read(system: Any) -> Any:
    return await system.read_gradebook()


def item(extract: Any, key: str, section: str) -> Any:
    items = extract.line_items
    return items[(items.lms_assignment_id == key) & (items.section_id_sis == section)].iloc[0]


def test_small_pages_give_the_same_gradebook(canvas: Any) -> None:
    whole, small = canvas.run(read), canvas.run(read, page_size=1)
    keys = ["lms_assignment_id", "section_id_sis"]
    for name, by in (("line_items", keys), ("results", [*keys, "student_id_sis"])):
        left, right = (getattr(one, name).sort_values(by, ignore_index=True) for one in (whole, small))
        assert_frame_equal(left, right)


@pytest.mark.parametrize(
    ("fault", "pause"),
    [
        ({"do": "rate_limit_403"}, None),
        ({"do": "status", "code": 429, "headers": {"Retry-After": "3"}}, 3.0),
        ({"do": "status", "code": 429}, None),
        ({"do": "reset"}, None),
        ({"do": "status", "code": 502}, None),
    ],
)
def test_a_passing_fault_is_waited_out(canvas: Any, fault: dict[str, Any], pause: float | None) -> None:
    expected = len(canvas.run(read).results)
    canvas.fault(**fault, path="/api/v1/sections/*/students/submissions", times=2)
    assert len(canvas.run(read).results) == expected
    assert len(canvas.waited) == 2
    assert pause is None or canvas.waited == [pause, pause]


def test_a_throttle_without_end_is_no_empty_gradebook(canvas: Any) -> None:
    canvas.fault(do="rate_limit_403", times=None)
    with pytest.raises(RetriableError):
        canvas.run(read)


def test_one_section_out_of_reach_is_named_and_the_others_are_read(canvas: Any) -> None:
    canvas.fault(do="status", code=500, path="/api/v1/sections/1001/students/submissions", times=None)
    extract = canvas.run(read)
    assert extract.incomplete_sections == {"0901"}
    assert set(extract.results.section_id_sis) == {"0902,1", "sci-01"}
    assert "0901" in set(extract.line_items.section_id_sis)


def test_all_sections_out_of_reach_is_a_failure(canvas: Any) -> None:
    canvas.fault(do="status", code=500, path="/api/v1/sections/*/students/submissions", times=None)
    with pytest.raises(RetriableError):
        canvas.run(read)


def test_a_plain_403_is_a_missing_right_and_never_retried(canvas: Any) -> None:
    canvas.fault(do="status", code=403, body={"status": "unauthorized"}, times=None)
    with pytest.raises(CredentialError, match="view all grades") as caught:
        canvas.run(read)
    assert caught.value.code == "RIGHTS_MISSING"
    assert canvas.waited == []


def test_hidden_sis_keys_stop_the_district(canvas: Any) -> None:
    canvas.fault(do="no_sis_rights", times=None)
    with pytest.raises(CredentialError, match="read_sis") as caught:
        canvas.run(read)
    assert caught.value.code == "SIS_KEYS_MISSING"
    assert not canvas.run(lambda system: system.check())[-1].passed


def test_a_wrong_token_says_what_to_renew(canvas: Any) -> None:
    canvas.fault(do="expire_tokens", times=None)
    with pytest.raises(CredentialError, match="new access token"):
        canvas.run(read)
    (result,) = canvas.run(lambda system: system.check())
    assert not result.passed


def test_a_switched_off_export_says_who_switches_it_on(canvas: Any) -> None:
    canvas.fault(do="not_enabled", times=None)
    with pytest.raises(PermanentError, match="turns on the SIS integration") as caught:
        canvas.run(read)
    assert caught.value.code == "SIS_EXPORT_NOT_ENABLED"


@pytest.mark.parametrize("do", ["html", "bad_json"])
def test_a_page_that_is_no_json_ends_the_reading(canvas: Any, do: str) -> None:
    canvas.fault(do=do, path="/api/v1/courses/*/assignments", times=None)
    with pytest.raises(PermanentError, match="not JSON") as caught:
        canvas.run(read)
    assert caught.value.code == "NOT_JSON"


def test_a_course_whose_assignments_are_all_unticked_is_still_seen(canvas: Any) -> None:
    for assignment in canvas.school.assignments:
        canvas.edit(collection="assignments", id=assignment.id, set={"post_to_sis": False})
    items = canvas.run(read).line_items
    assert len(items) > 0
    assert not items.is_selected.any()


def test_unpublished_assignments_are_told_and_have_no_results(canvas: Any) -> None:
    canvas.edit(collection="assignments", id="501", set={"published": False})
    extract = canvas.run(read)
    assert not item(extract, "501", "0901").is_published
    assert "501" not in set(extract.results.lms_assignment_id)


def test_dates_of_a_section_and_of_everyone_are_told_apart(canvas: Any) -> None:
    extract = canvas.run(read)
    named, other = item(extract, "502", "0902,1"), item(extract, "502", "0901")
    assert (named.due_basis, named.is_section_named, other.due_basis, other.is_section_named) == (
        "section_override",
        True,
        "base",
        False,
    )
    assert named.everyone_due_at == other.due_at
    assert named.has_section_dates
    assert other.has_section_dates
    assert named.has_everyone
    assert not item(extract, "501", "0901").has_section_dates


def test_grades_that_are_no_numbers_are_kept_as_typed(canvas: Any) -> None:
    results = canvas.run(read).results
    typed = results[(results.lms_assignment_id == "503") & results.score_text.notna()]
    assert dict(zip(typed.student_id_sis, typed.score_text, strict=True)) == {
        "000001": "A-",
        "7 & 8/9": "B",
    }
    assert results[results.lms_assignment_id == "501"].score_text.isna().all()


def test_states_of_work_are_separate_facts(canvas: Any) -> None:
    results = canvas.run(read).results.set_index(["lms_assignment_id", "section_id_sis", "student_id_sis"])
    excused, late = results.loc[("501", "0901", "1")], results.loc[("501", "0901", "s-003")]
    hidden, handed_in = results.loc[("507", "sci-01", "000001")], results.loc[("507", "sci-01", "1")]
    assert (excused.is_excused, excused.is_graded) == (True, False)
    assert (late.is_late, late.is_graded, late.score_e4) == (True, True, 80_000)
    assert (hidden.is_graded, hidden.is_posted) == (True, False)
    assert (handed_in.is_submitted, handed_in.is_graded, pd.isna(handed_in.is_posted)) == (True, False, True)
    assert not results.loc[("501", "0901", "s-006")].is_enrolled  # has left
    assert results.loc[("501", "0901", "s-003")].is_enrolled


def test_a_canvas_that_moves_keeps_its_name(canvas: Any) -> None:
    async def name(system: Any) -> Any:
        return system.system_id

    assert canvas.run(name).startswith("canvas:127.0.0.1:")
    moved = canvas.settings["base_url"].replace("127.0.0.1", "localhost")
    assert {
        canvas.run(name, system_id="lincoln", base_url=url) for url in (canvas.settings["base_url"], moved)
    } == {"lincoln"}
