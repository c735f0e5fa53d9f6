"""`gradeflow reconcile`: what only the SIS has is listed and copied nowhere; what differs there is told."""

from __future__ import annotations

from typing import Any

import pytest

from gradeflow.settings import Home
from gradeflow.warehouse.district_store import DistrictStore
from gradeflow.warehouse.store import Warehouse
from gradeflow_tests.cli.commands import run
from gradeflow_tests.delivery.fixtures import NOW
from gradeflow_tests.delivery.nights import night
from gradeflow_tests.delivery.practice import DISTRICT, Ended, Practice

SECTION = "m9-01"
ITEM = "Ratios practice"


def reconcile(practice: Practice, *more: str) -> Ended:
    return run(practice.home, "reconcile", DISTRICT, *more)


def section_of(done: Ended, section: str = SECTION) -> dict[str, Any]:
    (found,) = (one for one in done.document["sections"] if one["section"] == section)
    return dict(found)


def adds_up(counts: dict[str, int], *parts: str) -> bool:
    return counts["in_sis"] == sum(counts[name] for name in parts)


def make_in_sis(practice: Practice, key: str, title: str) -> None:
    """Have a teacher make a line item in the SIS."""
    pattern = practice.sis.records("lineItems")[practice.item(ITEM, SECTION)]
    practice.sis.edit(
        collection="lineItems", sourcedId=key, set={**pattern, "sourcedId": key, "title": title}
    )


def test_what_stands_as_stored_is_counted_and_nothing_is_written(loaded: Practice) -> None:
    before = loaded.state()
    loaded.sis.forget()
    loaded.canvas.forget()
    done = reconcile(loaded, "--scores", "--json")
    totals = done.document["totals"]
    assert (done.code, totals["in_sis"], totals["as_stored"]) == (0, 6, 6)
    assert (totals["scores"]["in_sis"], totals["scores"]["as_stored"]) == (16, 16)
    assert all(loaded.sis.calls(method) == 0 for method in ("PUT", "PATCH", "DELETE"))
    assert all(loaded.canvas.calls(method) == 0 for method in ("GET", "POST", "PUT"))
    assert loaded.state() == before


def test_what_a_teacher_made_in_the_sis_is_listed_and_copied_nowhere(loaded: Practice) -> None:
    make_in_sis(loaded, "teacher-1", "Notebook check")
    done = reconcile(loaded, "--json")
    section = section_of(done)
    assert section["only_sis"] == [
        {"sis_id": "teacher-1", "title": "Notebook check", "due_date": "2026-09-18", "copy_of": None}
    ]
    assert adds_up(section["counts"], "only_sis", "as_stored", "changed", "unconfirmed_in_sis")
    assert done.code == 0  # a teacher may; nothing of ours differs
    before = loaded.state()
    loaded.canvas.forget()
    night(loaded)
    assert (loaded.state(), loaded.canvas.calls("POST")) == (before, 0)
    assert "teacher-1  Notebook check  (due 2026-09-18)" in reconcile(loaded).out


def test_what_was_changed_in_the_sis_is_told_by_field(loaded: Practice) -> None:
    item = loaded.item(ITEM, SECTION)
    loaded.sis.edit(collection="lineItems", sourcedId=item, set={"title": "Ratios", "resultValueMax": 20})
    done = reconcile(loaded, "--json")
    (changed,) = section_of(done)["changed"]
    assert (changed["assignment"], changed["sis_id"]) == ("501", item)
    assert changed["fields"] == [
        {"field": "title", "stored": ITEM, "there": "Ratios"},
        {"field": "points", "stored": "100000", "there": "200000"},
    ]
    assert adds_up(done.document["totals"], "only_sis", "as_stored", "changed", "unconfirmed_in_sis")
    assert (done.code, done.document["totals"]["as_stored"]) == (3, 5)
    assert "points stored 10, there 20" in reconcile(loaded).out


def test_what_was_deleted_in_the_sis_is_told_as_gone(loaded: Practice) -> None:
    item = loaded.item(ITEM, SECTION)
    loaded.sis.edit(collection="lineItems", sourcedId=item, set=None)
    done = reconcile(loaded, "--json")
    section = section_of(done)
    assert [(one["assignment"], one["sis_id"], one["title"]) for one in section["gone"]] == [
        ("501", item, ITEM)
    ]
    assert (done.code, section["counts"]["in_sis"], section["counts"]["gone"]) == (3, 1, 1)


@pytest.mark.parametrize("more", [(), ("--scores",)])
def test_an_unread_section_is_told_as_unread_and_never_as_empty(
    loaded: Practice, more: tuple[str, ...]
) -> None:
    loaded.sis.fault("status", method="GET", path=f"/classes/{SECTION}/lineItems", code=404, times=None)
    done = reconcile(loaded, *more, "--json")
    section, totals = section_of(done), done.document["totals"]
    assert (section["counts"], section["scores"]) == (None, None)
    assert section["unread"].startswith("SchoolTool: ")
    assert (done.code, totals["unread_sections"], totals["gone"], totals["in_sis"]) == (3, 1, 0, 4)
    assert "could not be read, so nothing is known of it" in reconcile(loaded).out


def test_where_nothing_could_be_read_the_outside_system_failed(loaded: Practice) -> None:
    loaded.sis.fault("status", method="GET", path="*/lineItems", code=404, times=None)
    done = reconcile(loaded, "--json")
    assert (done.code, done.document["totals"]["unread_sections"]) == (5, 3)


def test_scores_are_counted_and_neither_they_nor_their_students_are_named(loaded: Practice) -> None:
    item = loaded.item(ITEM, SECTION)
    loaded.overtype(item, "s-001", 2.75)
    assert reconcile(loaded).code == 0  # scores are read only where they are asked for
    done = reconcile(loaded, "--scores", "--json")
    scores = section_of(done)["scores"]
    assert adds_up(scores, "only_sis", "as_stored", "changed", "unconfirmed")
    assert (done.code, scores["changed"]) == (3, 1)
    (told,) = scores["items"]
    assert (told["assignment"], told["counts"]["changed"]) == ("501", 1)
    for text in (done.out, reconcile(loaded, "--scores").out):
        assert ("s-001" in text, "2.75" in text, "27500" in text) == (False, False, False)


def test_scores_that_could_not_be_read_are_told_and_not_counted_as_gone(loaded: Practice) -> None:
    item = loaded.item(ITEM, SECTION)
    loaded.sis.fault("html", method="GET", path=f"*/lineItems/{item}/results", times=None)
    done = reconcile(loaded, "--scores", "--json")
    scores = section_of(done)["scores"]
    assert (done.code, scores["unread_items"], scores["gone"]) == (3, 1, 0)
    (told,) = scores["items"]
    assert (told["sis_id"], told["counts"]) == (item, None)
    assert told["unread"]


def test_a_run_at_work_is_named(loaded: Practice) -> None:
    assert "is at work" not in reconcile(loaded).out
    home = Home(loaded.home)
    warehouse = Warehouse.open(home.warehouse_url())
    store = DistrictStore(warehouse, DISTRICT, "another-run", NOW, lambda: NOW)
    store.acquire_lease()
    done = reconcile(loaded)
    store.release_lease()
    warehouse.close()
    assert (done.code, "another-run" in done.out, "is at work" in done.out) == (0, True, True)


def test_one_section_is_looked_at_where_one_is_named(loaded: Practice) -> None:
    loaded.sis.forget()
    done = reconcile(loaded, "--section", "sci-01", "--json")
    assert [one["section"] for one in done.document["sections"]] == ["sci-01"]
    assert (loaded.sis.calls("GET", "/lineItems"), done.document["sis_reads"]) == (1, 1)
    wrong = reconcile(loaded, "--section", "m9-77")
    assert (wrong.code, "m9-77" in wrong.err) == (2, True)


def test_a_district_without_a_night_has_nothing_to_be_held_against(practice: Practice) -> None:
    done = reconcile(practice)
    assert (done.code, "gradeflow plan" in done.err) == (2, True)
