"""What stops a whole district: the SIS's licence (R050), a map that says two things (R057). No night comes through."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradeflow.errors import ConfigError, CredentialError
from gradeflow_tests.book.words import passes, rule
from gradeflow_tests.book.world import Route, calls, live, opened

NO_LICENCE = {"do": "status", "method": "PUT", "code": 403, "times": None}
ROUTE = Route(
    "itslearning-skyward, without the licence",
    "itslearning_files",
    "skyward_qmlativ",
    (rule("R050", passes("one").sends("8.5"), passes("another").sends("8.5")),),
    faults=(NO_LICENCE,),
)
QUIZ = {"lms": "Quiz", "sis": "Quiz"}
MAPPED = Route(
    "otus-skyward, one type twice",
    "otus",
    "skyward_sms",
    (rule("R057", passes(type="Quiz").sends("8.5", category="Quiz")),),
    passback={"teachers": ["t-1"], "categories": [QUIZ, {"lms": "Quiz", "sis": "Test"}]},
)


def test_a_missing_licence_stops_the_district_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(CredentialError, match="licence") as stopped:
        live(ROUTE, tmp_path)
    assert stopped.value.code == "LICENSE_MISSING"


def test_a_type_that_is_mapped_to_two_categories_stops_the_district_and_one_row_lets_it_go(
    tmp_path: Path,
) -> None:
    with opened(MAPPED, tmp_path) as district:
        calls(district.sis, forget=True)
        with pytest.raises(ConfigError, match=r"book\.yaml.*'Quiz' is mapped twice"):
            district.night(0)
        assert calls(district.sis) == {}
        district.say({"categories": [QUIZ]})
        sis = district.night(0).sis
        (item,) = sis.of("R057 passes 1", "A")
        assert sis.field(item, "category") == "Quiz"
