"""The Schoology connector over HTTP where calls fail, are refused or stay away: no list is taken for whole."""

from __future__ import annotations

from typing import Any

import pytest
from pandas.testing import assert_frame_equal

from gradeflow.errors import CredentialError, PermanentError, RetriableError
from gradeflow_tests.lms.practice_schoology import MATH_1, MATH_2, SCIENCE, Schoology


@pytest.mark.parametrize("settings", [{"page_size": 1}, {"bulk": False}, {"bulk": False, "page_size": 2}])
def test_small_pages_and_single_calls_give_the_same_gradebook(schoology: Schoology, settings: Any) -> None:
    whole, other = schoology.read(), schoology.read(**settings)
    keys = ["lms_assignment_id", "section_id_sis"]
    for name, by in (("line_items", keys), ("results", [*keys, "student_id_sis"])):
        left, right = (getattr(one, name).sort_values(by, ignore_index=True) for one in (whole, other))
        assert_frame_equal(left, right)


def test_lists_of_all_sections_come_in_one_call(schoology: Schoology) -> None:
    schoology.read(submissions=False)
    calls = schoology.calls()
    assert calls["/v1/multiget"] == 2  # the sections of all courses, then all that multi-get knows of them
    assert calls["/v1/sections/{section}/grading_categories"] == 3
    assert calls["/v1/sections/{section}/grading_scales"] == 2  # science has no item with a scale
    assert set(calls) == {
        "/v1/multiget",
        "/v1/courses",
        "/v1/gradingperiods",
        "/v1/sections/{section}/grading_categories",
        "/v1/sections/{section}/grading_scales",
    }


@pytest.mark.parametrize(
    ("fault", "pause"),
    [
        ({"do": "status", "code": 429, "headers": {"Retry-After": "5"}}, 5.0),
        ({"do": "status", "code": 429}, None),
        ({"do": "reset"}, None),
        ({"do": "status", "code": 502}, None),
        ({"do": "status", "code": 401, "body": "Duplicate timestamp/nonce combination, ..."}, None),
        ({"do": "status", "code": 401, "body": "Timestamp is out of sequence. ..."}, None),
    ],
)
@pytest.mark.parametrize("path", ["/multiget", "/sections/*/grading_categories"])
def test_a_passing_fault_is_waited_out(
    schoology: Schoology, fault: dict[str, Any], pause: float | None, path: str
) -> None:
    expected = len(schoology.read().results)
    schoology.fault(**fault, path=path, times=2)
    assert len(schoology.read().results) == expected
    assert len(schoology.waited) == 2
    assert pause is None or schoology.waited == [pause, pause]


def test_a_throttle_that_says_nothing_is_waited_out_for_longer_than_its_seconds(schoology: Schoology) -> None:
    schoology.fault(do="status", code=429, path="/courses", times=5)
    assert len(schoology.read().line_items) > 0
    assert sum(schoology.waited) > 15


def test_a_throttle_without_end_is_no_empty_gradebook(schoology: Schoology) -> None:
    schoology.fault(do="status", code=429, times=None)
    with pytest.raises(RetriableError):
        schoology.read()


def test_a_forbidden_section_is_named_and_the_others_are_read(schoology: Schoology) -> None:
    schoology.edit(collection="sections", id=MATH_1, set={"is_withheld": True})
    extract = schoology.read()
    assert extract.incomplete_sections == {"m9-01"}
    assert (
        set(extract.results.section_id_sis) == set(extract.line_items.section_id_sis) == {"m9-02", "sci-01"}
    )


def test_all_sections_forbidden_is_a_missing_right(schoology: Schoology) -> None:
    for section in (MATH_1, MATH_2, SCIENCE):
        schoology.edit(collection="sections", id=section, set={"is_withheld": True})
    with pytest.raises(CredentialError, match="system administrator") as caught:
        schoology.read()
    assert caught.value.code == "RIGHTS_MISSING"


@pytest.mark.parametrize("path", ["submissions/*", "grading_scales", "grading_categories"])
def test_a_section_whose_details_stay_out_of_reach_is_incomplete(schoology: Schoology, path: str) -> None:
    schoology.fault(do="status", code=503, path=f"/sections/{MATH_1}/{path}", times=None)
    extract = schoology.read()
    assert extract.incomplete_sections == {"m9-01"}
    assert "m9-01" not in set(extract.results.section_id_sis)
    # Items without their categories would look uncategorised; without submissions they are known all the same.
    assert ("m9-01" in set(extract.line_items.section_id_sis)) == (path == "submissions/*")


def test_many_reads_at_once_may_be_refused_and_each_is_read_alone(schoology: Schoology) -> None:
    expected = len(schoology.read().results)
    schoology.fault(do="status", code=404, path="/multiget", times=None)
    assert len(schoology.read().results) == expected


def test_a_personal_key_is_told_what_to_ask_for_instead(schoology: Schoology) -> None:
    schoology.secrets["consumer_key"] = f"{schoology.spec.secrets['consumer_key']}-personal"
    with pytest.raises(
        CredentialError, match=r"25 June 2025 .* personal API key .* app for this school"
    ) as caught:
        schoology.read()
    assert caught.value.code == "CREDENTIAL_INVALID"
    results = schoology.run(lambda source: source.check())
    assert [one.passed for one in results] == [True, True, True, False]
    assert "app for this school" in results[-1].detail
    assert schoology.waited == []


def test_a_wrong_secret_is_refused_once_and_never_shown(schoology: Schoology) -> None:
    schoology.secrets["consumer_secret"] = "guessed"
    with pytest.raises(CredentialError) as caught:
        schoology.read()
    assert "guessed" not in str(caught.value)
    (only,) = schoology.run(lambda source: source.check())
    assert not only.passed


def test_plaintext_signatures_are_taken_too(schoology: Schoology) -> None:
    assert len(schoology.read(signature="PLAINTEXT").line_items) > 0


@pytest.mark.parametrize("do", ["html", "bad_json"])
def test_an_answer_that_is_no_json_ends_the_reading(schoology: Schoology, do: str) -> None:
    schoology.fault(do=do, path=f"/sections/{MATH_1}/grading_categories", times=None)
    with pytest.raises(PermanentError, match="not JSON"):
        schoology.read()


def test_a_key_that_is_refused_half_way_is_no_matter_of_one_section(schoology: Schoology) -> None:
    schoology.fault(do="status", code=401, path=f"/sections/{MATH_1}/grading_categories", times=None)
    with pytest.raises(CredentialError) as caught:
        schoology.read()
    assert caught.value.code == "CREDENTIAL_INVALID"


def test_a_section_that_is_gone_meanwhile_is_incomplete(schoology: Schoology) -> None:
    schoology.fault(do="status", code=404, path=f"/sections/{MATH_1}/grading_categories", times=None)
    assert schoology.read().incomplete_sections == {"m9-01"}
