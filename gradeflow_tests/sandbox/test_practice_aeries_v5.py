"""The practice Aeries as its documents have it, spoken to by plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from gradeflow.sandbox.home import specs_for
from gradeflow.sandbox.registry import told
from gradeflow.sandbox.server import running

BOOK, OTHER, STUDENT = 4366901, 4366902, 99400001


@dataclass
class Site:
    """A running site and a client with its certificate."""

    told: dict[str, Any]
    client: httpx.Client

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.client.request(method, f"{self.told['base_url']}/api/v5{path}", **more)

    def get(self, path: str, **params: str) -> Any:
        answer = self.ask("GET", path, params=params or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def insert(self, **changes: Any) -> httpx.Response:
        body = {"Description": "Essay", "DateDue": "2026-11-13", "PointsPossible": 20, **changes}
        return self.ask("POST", f"/gradebooks/{BOOK}/Assignments", json=body)

    def edit(self, **edit: Any) -> httpx.Response:
        origin = self.told["clock"].removesuffix("/clock")
        return self.client.post(f"{origin}/edit", json={"edits": [edit]})


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    specs = specs_for(["aeries_v5"], home=tmp_path)
    with running(specs), httpx.Client(verify=False, timeout=10) as client:
        entry = told(specs[0])
        client.headers["AERIES-CERT"] = entry["certificate"]
        yield Site(entry, client)


def test_a_certificate_is_wanted_for_everything_but_the_system(site: Site) -> None:
    own = site.client.headers.pop("AERIES-CERT")
    assert site.ask("GET", "/systeminfo").status_code == 200
    assert site.ask("GET", "/schools").status_code == 401
    assert site.ask("GET", "/schools", params={"cert": own}).status_code == 200


def test_gradebooks_are_listed_by_section_and_by_teacher_only(site: Site) -> None:
    (book,) = site.get("/schools/994/sections/1001/gradebooks")
    assert (book["GradebookNumber"], [one["Code"] for one in book["AssignmentCategories"]]) == (
        BOOK,
        ["0", "1", "2"],
    )
    assert [one["GradebookNumber"] for one in site.get("/staff/994601/gradebooks")] == [BOOK, BOOK + 2]
    assert site.get(f"/gradebooks/{BOOK}")["Terms"][0]["Code"] == "1"
    assert site.ask("GET", "/gradebooks").status_code == 404
    assert site.ask("GET", "/schools/994/sections/9/gradebooks").status_code == 404


def test_an_insert_answers_what_was_added_with_its_defaults_and_blank_cells(site: Site) -> None:
    answer = site.insert(DateDue=None, DateAssigned="2026-11-09", ExternalID="x-1")
    assert answer.status_code == 201
    (added,) = answer.json()
    assert (added["AssignmentNumber"], added["ExternalID"], added["GradingCompleted"]) == (1, "x-1", False)
    assert (added["DateDue"], added["FormativeSummativeIndicator"]) == ("2026-11-09T00:00:00", "S")
    cells = site.get(f"/gradebooks/{BOOK}/assignments/1/scores")
    assert [cell["Mark"] for cell in cells] == [""] * 6
    assert len({row["UniqueID"] for row in (added, site.insert().json()[0])}) == 2


@pytest.mark.parametrize(("code", "taken"), [("2", "Test"), ("9", "Homework"), (None, "Homework")])
def test_a_category_that_is_invalid_or_missing_is_the_first_without_a_word(
    site: Site, code: str | None, taken: str
) -> None:
    (added,) = site.insert(AssignmentCategoryCode=code).json()
    assert added["AssignmentCategory"]["Description"] == taken


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"Description": " "}, "Description"),
        ({"Description": "x" * 256}, "Description"),
        ({"AssignmentCategoryCode": "10"}, "AssignmentCategoryCode"),
        ({"DateDue": "13.11.2026"}, "date"),
        ({"PointsPossible": "20"}, "PointsPossible"),
        ({"FormativeSummativeIndicator": "X"}, "FormativeSummativeIndicator"),
    ],
)
def test_what_is_refused_is_refused_with_a_message(site: Site, changes: dict[str, Any], field: str) -> None:
    answer = site.insert(**changes)
    assert answer.status_code == 400
    assert field in answer.json()["Message"]
    assert site.get(f"/gradebooks/{BOOK}/assignments") == []


@pytest.mark.parametrize(("more", "count"), [({}, 2), ({"CreateInLinkedGradebooksToo": False}, 1)])
def test_linked_gradebooks_of_the_same_teacher_get_a_copy_unless_it_is_refused(
    site: Site, more: dict[str, Any], count: int
) -> None:
    for book in (BOOK, OTHER, BOOK + 2):
        assert site.edit(collection="gradebooks", key=book, set={"LinkedGroup": 1}).status_code == 200
    added = site.insert(**more).json()
    assert [one["GradebookNumber"] for one in added] == [BOOK, BOOK + 2][:count]  # OTHER is another teacher's


def test_an_update_wants_points_and_blanks_what_is_left_out(site: Site) -> None:
    (added,) = site.insert(Comment="Chapter 3").json()
    path = f"/gradebooks/Assignments/{added['UniqueID']}"
    assert site.ask("PUT", path, json={"Description": "B"}).status_code == 400
    site.edit(collection="assignments", key=added["UniqueID"], set={"GradingCompleted": True})
    answer = site.ask("PUT", path, json={"Description": "B", "PointsPossible": 10})
    (changed,) = answer.json()
    assert answer.status_code == 200
    assert (changed["Description"], changed["Comment"], changed["GradingCompleted"]) == ("B", "", False)
    rubric = site.ask("PUT", path, json={"PointsPossible": 10, "RubricAssignment": True}).json()
    assert rubric[0]["PointsPossible"] == 0


def test_scores_are_all_or_none_and_all_come_back(site: Site) -> None:
    (added,) = site.insert(NumberCorrectPossible=20).json()
    path = f"/gradebooks/assignments/{added['UniqueID']}/Scores"
    answer = site.ask("POST", path, json=[{"StudentID": STUDENT, "NumberCorrect": 8.5}])
    assert answer.status_code == 200
    assert len(answer.json()) == 6
    first = answer.json()[0]
    assert (first["Mark"], first["PercentCorrect"], first["DateCompleted"]) == (
        "8.5",
        0.425,
        "2026-11-13T00:00:00",
    )
    for bad in ({"StudentID": 1, "NumberCorrect": 3}, {"StudentID": STUDENT, "NumberCorrect": 3.00001}):
        rows = [{"StudentID": STUDENT + 1, "NumberCorrect": 4}, bad]
        assert site.ask("POST", path, json=rows).status_code == 400
    assert [cell["Mark"] for cell in site.get(f"/gradebooks/{BOOK}/assignments/1/scores")] == [
        "8.5",
        *[""] * 5,
    ]


def test_a_renumbered_assignment_keeps_its_unique_id(site: Site) -> None:
    (added,) = site.insert().json()
    site.edit(collection="assignments", key=added["UniqueID"], set={"AssignmentNumber": 12})
    assert site.ask("GET", f"/gradebooks/{BOOK}/assignments/1").status_code == 404
    assert site.get(f"/gradebooks/{BOOK}/assignments/12")["UniqueID"] == added["UniqueID"]
    assert site.get(f"/gradebooks/Assignments/{added['UniqueID']}")["AssignmentNumber"] == 12


def test_a_teacher_types_moves_and_deletes(site: Site) -> None:
    (added,) = site.insert().json()
    key = added["UniqueID"]
    site.edit(collection="scores", key=f"{key}/{STUDENT}", set={"Mark": "NA"})
    site.edit(collection="assignments", key=key, set={"AssignmentCategoryCode": "2"})
    assert site.get(f"/gradebooks/assignments/{key}/scores/{STUDENT}")["Mark"] == "NA"
    assert site.get(f"/gradebooks/Assignments/{key}")["AssignmentCategory"]["Description"] == "Test"
    site.edit(collection="assignments", key=key, set=None)
    assert site.ask("GET", f"/gradebooks/assignments/{key}/scores").status_code == 404
    assert site.edit(collection="nothing", key="1", set=None).status_code == 400


def test_an_area_without_a_grant_is_refused_by_name(site: Site) -> None:
    site.edit(collection="areas", key="Gradebook Data", set="Read")
    answer = site.insert()
    assert (answer.status_code, "Gradebook Data" in answer.json()["Message"]) == (401, True)
    assert site.get(f"/gradebooks/{BOOK}/assignments") == []


def test_students_come_in_the_records_that_were_asked_for(site: Site) -> None:
    rows = site.get("/schools/994/students", StartingRecord="3", EndingRecord="5")
    assert [one["StudentID"] for one in rows] == [99400003, 99400004, 99400005]
    assert len(site.get("/schools/994/students")) == 12
    (left,) = site.get(f"/gradebooks/{BOOK}/1/students/99400006")
    assert left["EndDate"] == "2026-10-15T00:00:00"  # the last day, where OneRoster has the first one after
    assert site.get(f"/gradebooks/{BOOK}/2/students/99400006") == []
    assert site.ask("GET", f"/gradebooks/{BOOK}/S/students").status_code == 404
