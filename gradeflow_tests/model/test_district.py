"""A district file's content: what is refused, and that no message repeats a secret."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from gradeflow.model.district import District, SecretRef, is_slug

BASE: dict[str, Any] = {
    "district": "lincoln",
    "timezone": "America/Chicago",
    "lms": {"kind": "canvas", "account": "1"},
    "sis": {"kind": "schooltool"},
}


def _district(**passback: Any) -> District:
    return District.model_validate({**BASE, "passback": passback})


@pytest.mark.parametrize("time", ["01:00", "01:30", "02:00", "02:59", "02:59:59"])
def test_the_hours_that_vanish_or_repeat_are_refused_for_the_nightly_run(time: str) -> None:
    with pytest.raises(ValidationError, match="twice a year"):
        _district(nightly=time)


@pytest.mark.parametrize("time", ["00:59", "03:00", "03:30", "22:30"])
def test_other_hours_are_taken(time: str) -> None:
    assert _district(nightly=time).passback.nightly == dt.time.fromisoformat(time)


@pytest.mark.parametrize("key", ["nightly", "stop_by"])
def test_a_time_that_yaml_read_as_a_number_is_refused_with_the_remedy(key: str) -> None:
    with pytest.raises(ValidationError, match="in quotes"):
        _district(**{key: 1350})
    with pytest.raises(ValidationError, match="without a zone"):
        _district(**{key: "03:30Z"})


@pytest.mark.parametrize("secret", ["hunter2-secret", 424242, 42.42, ["hunter2-secret"], True])
def test_an_inline_secret_is_refused_without_repeating_it(secret: object) -> None:
    with pytest.raises(ValidationError, match="must not stand in the file") as caught:
        SecretRef.model_validate(secret)
    assert "hunter2" not in str(caught.value)
    assert "42" not in str(caught.value).replace("pydantic.dev/2", "")


def test_a_secret_in_the_wrong_place_is_not_repeated_either() -> None:
    with pytest.raises(ValidationError) as caught:
        _district(token="hunter2-secret")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("value", [{}, {"env": "A", "file": "b"}, {"env": None}])
def test_a_secret_lies_in_exactly_one_place(value: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="exactly one"):
        SecretRef.model_validate(value)
    assert SecretRef.model_validate({"env": "TOKEN"}).env == "TOKEN"


def test_a_category_is_mapped_once_per_scope() -> None:
    twice = [{"lms": "Homework", "sis": "HW"}, {"lms": "Homework", "sis": "LAB"}]
    with pytest.raises(ValidationError, match="'Homework' is mapped twice"):
        _district(categories=twice)
    _district(categories=[twice[0], {**twice[1], "section": "A"}, {**twice[1], "section": "A", "item": "7"}])


def test_several_categories_may_become_one() -> None:
    rows = [{"lms": name, "sis": "Project"} for name in ("Paper", "Presentation")]
    assert len(_district(categories=rows).passback.categories) == 2


def test_a_category_row_names_a_category_or_an_item_once() -> None:
    choice = {"item": "7", "section": "A", "sis": "Quiz"}
    with pytest.raises(ValidationError, match="item '7' is mapped twice"):
        _district(categories=[choice, {**choice, "sis": "Lab"}])
    with pytest.raises(ValidationError, match=r"needs lms .* or item"):
        _district(categories=[{"section": "A", "sis": "Quiz"}])
    assert len(_district(categories=[choice, {**choice, "lms": "Homework"}]).passback.categories) == 2


def test_days_without_school_are_single_days_or_ranges_in_order() -> None:
    days = ["2026-10-12", dt.date(2026, 11, 11), {"from": "2026-11-26", "to": "2026-11-27"}]
    made = District.model_validate({**BASE, "calendar": {"no_school": days}})
    assert [(day.first.day, day.last.day) for day in made.calendar.no_school] == [
        (12, 12),
        (11, 11),
        (26, 27),
    ]
    for wrong, message in (
        ({"from": "2026-11-27", "to": "2026-11-26"}, "ends before it begins"),
        ({"from": "2026-11-27"}, "to"),
        ("Thanksgiving", "valid date"),
    ):
        with pytest.raises(ValidationError, match=message):
            District.model_validate({**BASE, "calendar": {"no_school": [wrong]}})


def test_there_is_school_from_monday_to_friday_unless_the_district_says_otherwise() -> None:
    assert District.model_validate(BASE).calendar.school_weekdays == ("mon", "tue", "wed", "thu", "fri")
    with pytest.raises(ValidationError, match="sat"):
        District.model_validate({**BASE, "calendar": {"school_weekdays": ["Saturday"]}})


def test_a_typo_is_an_error_and_a_teacher_may_be_a_plain_id() -> None:
    with pytest.raises(ValidationError, match="efective_date"):
        _district(efective_date="2026-08-17")
    (stay,) = _district(teachers=["t1"]).passback.teachers
    assert (stay.teacher, stay.added, stay.removed) == ("t1", None, None)


def test_a_zone_must_be_one_that_exists() -> None:
    with pytest.raises(ValidationError, match="IANA"):
        District.model_validate({**BASE, "timezone": "Chicago"})


def test_what_a_person_vouched_for_is_attested() -> None:
    made = District.model_validate({**BASE, "attested": [{"fact": "f", "by": "office", "on": "2026-08-10"}]})
    assert (made.is_attested("f"), made.is_attested("g")) == (True, False)
    assert made.lms.options() == {"account": "1"}


@pytest.mark.parametrize(
    ("name", "is_one"), [("lincoln-2_a", True), ("Lincoln", False), ("a b", False), ("", False)]
)
def test_a_partition_key_is_a_slug(name: str, is_one: bool) -> None:
    assert is_slug(name) == is_one
