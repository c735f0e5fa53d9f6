"""What is gone from the LMS stays in the SIS, and must neither stand there twice nor be told when it is back."""

from __future__ import annotations

from pathlib import Path

from gradeflow_tests.delivery.memory_nights import School
from gradeflow_tests.delivery.memory_sis import MemorySis


def a_school(folder: Path) -> School:
    school = School(folder, MemorySis())
    school.add("1", {"s1": 50_000, "s2": 60_000})
    school.add("2", {"s1": 70_000})
    school.night()
    return school


def delete(school: School, assignment: str) -> None:
    """Have a teacher delete an assignment in the LMS."""
    del school.items[assignment]
    for key in [key for key in school.scores if key[0] == assignment]:
        del school.scores[key]


def titles(school: School) -> list[str]:
    return sorted(item.title for item in school.sis.state.items.values())


def test_an_assignment_made_again_under_a_new_id_is_held_beside_the_old_one(tmp_path: Path) -> None:
    school = a_school(tmp_path)
    delete(school, "1")
    school.add("3", {"s1": 50_000, "s2": 60_000}, title="Work 1")
    done = school.night()
    assert (done.line_items, done.held) == ({"held": 1, "unchanged": 1}, ["LIKELY_DUPLICATE"])
    assert (titles(school), done.results["held"]) == (["Work 1", "Work 2"], 2)
    # Once a person has deleted the old one, the new one goes.
    del school.sis.state.items[school.sis.key_of("Work 1")]
    done = school.night()
    assert (done.line_items, done.held) == ({"created": 1, "unchanged": 1}, [])
    assert titles(school) == ["Work 1", "Work 2"]


def test_two_assignments_of_one_name_and_day_go_where_the_route_allows_it(tmp_path: Path) -> None:
    school = a_school(tmp_path)
    school.overrides = {"duplicates": "accept"}
    school.add("3", {"s1": 50_000}, title="Work 1")
    assert school.night().line_items == {"created": 1, "unchanged": 2}


def test_an_assignment_that_is_back_in_the_lms_is_gone_from_nowhere(tmp_path: Path) -> None:
    school = a_school(tmp_path)
    item, scores = dict(school.items["1"]), dict(school.scores)
    delete(school, "1")
    assert school.night().codes == {"ORPHAN_IN_SIS": 1}
    school.items["1"], school.scores = item, scores
    done = school.night()
    assert (done.codes, done.line_items) == ({}, {"unchanged": 2})
    assert school.night().planned.examined.empty


def scores_of(school: School, title: str) -> dict[str, int | None]:
    cells = school.sis.state.cells[school.sis.key_of(title)]
    return {student: score for student, (_, score, _) in cells.items()}


def test_a_score_whose_row_is_gone_from_the_lms_is_told_until_it_is_back(tmp_path: Path) -> None:
    school = a_school(tmp_path)
    row = school.scores.pop(("1", "s1"))
    done = school.night()
    assert (done.codes, done.results) == ({"ORPHAN_IN_SIS": 1}, {"unchanged": 2})
    assert scores_of(school, "Work 1") == {"s1": 50_000, "s2": 60_000}
    done = school.night()
    assert (done.codes, done.planned.examined.empty) == ({"ORPHAN_IN_SIS": 1}, True)
    school.scores["1", "s1"] = row
    assert (school.night().codes, school.night().planned.examined.empty) == ({}, True)


def test_a_score_that_left_with_its_student_is_read_when_both_are_back(tmp_path: Path) -> None:
    school = a_school(tmp_path)
    row = school.scores.pop(("1", "s1"))
    school.enrolments = [{"student_id_sis": "s2", "section_id_sis": "A"}]
    assert school.night().codes["ORPHAN_IN_SIS"] == 1
    del school.sis.state.cells[school.sis.key_of("Work 1")]["s1"]  # the SIS took it out with the enrolment
    school.enrolments, school.scores["1", "s1"] = None, row
    assert school.night().results == {"created": 1, "unchanged": 2}
    assert scores_of(school, "Work 1") == {"s1": 50_000, "s2": 60_000}
