"""Name IDs of Skyward, which one side may pad with zeros: one student, never two taken for one."""

from __future__ import annotations

from typing import Any

import pytest

from gradeflow.errors import ConfigError
from gradeflow.model.district import District
from gradeflow.rules.judge import Judged, judge
from gradeflow_tests.rules.small_school import NOW, district, extract, item, profile, reference, score

ITEM = item(assigned_by_sis="t1", category_lms="Homework")


def ignoring_zeros(*, is_on: bool = True) -> District:
    asked = {"ignore_leading_zeros": True} if is_on else {}
    content = district(route="skyward").model_dump(mode="json")
    rows = [{"lms": "Homework", "sis": "Homework"}]
    return District.model_validate(
        {
            **content,
            "sis": {"kind": "skyward_sms", **asked},
            "passback": {**content["passback"], "categories": rows},
        }
    )


def judged(scored: list[str], in_sis: list[str], **settings: Any) -> Judged:
    scores = [score(student_id_sis=student) for student in scored]
    return judge(
        extract([ITEM], scores),
        reference(students=in_sis),
        ignoring_zeros(**settings),
        profile("skyward"),
        NOW,
        names_sent=None,
    )


def passing(found: Judged) -> list[str]:
    return sorted(found.results.loc[found.results["verdict"] == "pass", "student_id_sis"])


@pytest.mark.parametrize(
    ("in_lms", "in_sis"), [("00123", "123"), ("123", "00123"), ("0123", "00123"), ("123", "123")]
)
def test_a_name_id_is_one_student_whatever_leading_zeros_either_side_writes(in_lms: str, in_sis: str) -> None:
    assert passing(judged([in_lms], [in_sis, "45"])) == [in_sis]


def test_without_the_setting_ids_are_compared_as_they_are() -> None:
    assert passing(judged(["00123", "45"], ["123", "45"], is_on=False)) == ["45"]


def test_what_is_no_number_keeps_its_zeros() -> None:
    assert passing(judged(["0A1", "s-001"], ["A1", "s-1"])) == []
    assert passing(judged(["0A1", "s-001"], ["0A1", "s-001"])) == ["0A1", "s-001"]


def test_an_id_that_the_sis_does_not_know_stays_as_the_lms_wrote_it() -> None:
    found = judged(["00999", "123"], ["123"])
    assert found.results["student_id_sis"].tolist() == ["00999", "123"]
    assert passing(found) == ["123"]


@pytest.mark.parametrize(
    ("scored", "in_sis"),
    [(["123"], ["123", "0123"]), (["45"], ["123", "0123", "45"]), (["123", "0123"], ["123"])],
)
def test_two_that_differ_by_leading_zeros_alone_are_refused(scored: list[str], in_sis: list[str]) -> None:
    with pytest.raises(ConfigError, match="leading zeros only") as raised:
        judged(scored, in_sis)
    assert "123" not in str(raised.value)
