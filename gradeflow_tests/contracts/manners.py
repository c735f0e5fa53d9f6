"""How each SIS looks from outside, where the claims of this suite need to know: one record per kind.

What a kind cannot do stands in `cannot`; a claim that needs it is not made for that kind, and a test holds every
such exemption against a list of its own, so that none comes silently.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from gradeflow.model.gradebook import LineItemWrite, ResultWrite
from gradeflow.sis.profile import scopes_of

SECTION, OTHER = "0901", "0902,1"
STUDENT = "000001"
LINE_ITEM = LineItemWrite(
    sis_id="item-1",
    section_id_sis=SECTION,
    school_id_sis="school-1",
    title="Ratios practice",
    assign_date="2026-11-09",
    due_date="2026-11-13",
    category_id_sis="cat-homework",
    period_id_sis="q2-2026",
    points_possible_e4=200_000,
    is_create=True,
)
RESULT = ResultWrite(
    sis_id="result-1",
    line_item_sis_id="item-1",
    section_id_sis=SECTION,
    student_id_sis=STUDENT,
    score_e4=85_000,
    status="graded",
    score_date="2026-11-16",
)


@dataclass(frozen=True, slots=True)
class Place:
    """A call as faults name it: its method, and a pattern of its path below the system's own base."""

    method: str
    path: str

    def fault(self, **fault: Any) -> dict[str, Any]:
        return {**fault, "method": self.method, "path": self.path}


def at(place: Place | None) -> Place:
    """Give a place that this kind of SIS has."""
    assert place is not None
    return place


@dataclass(frozen=True, slots=True)
class Manners:
    """One kind of SIS.

    Attributes:
        homework, test: ids of these categories in SECTION; school: that of its school.
        years: grading periods that it tells before the School's own.
        create, update, score: writes on the wire; None: nothing is served.
        allocates_ids: whether an item gets an id of the SIS's own; keeps_ours: whether ours is kept beside it.
        is_bulk: whether results go in one call by themselves.
        writes_exempt, tells_assigned, echoes_scores: what it can be told, tells back, and answers to a score.
        score_field: where a result's raw record has the number as it was stored.
        number_fields: what holds the score, where it comes in more than one form.
        edit_score, edit_item, delete_item: what a teacher does, given the side and the ids.
        notes: what is theirs in an item and in a result: edits that set it, and how the raw records show it.
        small_pages: makes pages small and gives the settings for it.
        first_page, shorter: what becomes of an address where a server ignores which page is asked for, or gives
            fewer rows than asked for.
        wrong: settings with a credential that is refused; renew: what the message names.
        withhold: takes the right to write away and gives the settings for it; withheld_code: what the refusal is
            called: Aeries answers 401 to both, a certificate that it does not know and one without the right.
        refused: a line item that the SIS refuses, and the word that its refusal leaves.
        cannot: the claims that make no sense for it, by the ability that they need.
    """

    homework: str
    test: str
    school: str
    create: Place | None
    update: Place | None
    score: Place | None
    score_field: str
    edit_score: Callable[[Any, str, str], None]
    edit_item: Callable[..., None]
    delete_item: Callable[[Any, str], None]
    years: tuple[str, ...] = ()
    allocates_ids: bool = False
    keeps_ours: bool = False
    is_bulk: bool = True
    writes_exempt: bool = True
    tells_assigned: bool = True
    echoes_scores: bool = True
    number_fields: tuple[str, ...] = ()
    notes: Callable[[Any, str], None] | None = None
    has_notes: Callable[[Mapping[str, Any], Mapping[str, Any]], bool] | None = None
    small_pages: Callable[[pytest.MonkeyPatch], dict[str, Any]] | None = None
    first_page: Callable[[httpx.URL], httpx.URL] | None = None
    shorter: Callable[[httpx.URL], httpx.URL] | None = None
    by_token: Mapping[str, Any] | None = None
    wrong: Mapping[str, Any] | None = None
    renew: str = ""
    withhold: Callable[[Any], dict[str, Any]] | None = None
    withheld_code: str = "LICENSE_MISSING"
    refused: tuple[Mapping[str, Any], str] | None = None
    cannot: frozenset[str] = frozenset()


def _only(url: httpx.URL, name: str, **values: str) -> httpx.URL:
    return url.copy_merge_params(values) if name in url.params else url


# ---- OneRoster ---------------------------------------------------------------------------------------

RESULT_ID = "result-1"


def _note(side: Any, item: str) -> None:
    side.edit(collection="results", sourcedId=RESULT_ID, set={"comment": "See me"})
    side.edit(collection="lineItems", sourcedId=item, set={"description": "Chapter 3"})


def _edit_item(side: Any, item: str, *, title: str, category: str) -> None:
    changes = {"title": title, "category": {"sourcedId": category}}
    side.edit(collection="lineItems", sourcedId=item, set=changes)


def _without_scope(side: Any) -> dict[str, Any]:
    return {"auth": "basic", "scope": scopes_of(side.settings.get("version", "1.1")).rpartition(" ")[0]}


ONEROSTER = Manners(
    homework="cat-homework",
    test="cat-test",
    school="school-1",
    create=Place("PUT", "/line*tems/*"),
    update=Place("PUT", "/line*tems/*"),
    score=Place("PUT", "/results/*"),
    score_field="score",
    number_fields=("score",),
    is_bulk=False,
    edit_score=lambda side, item, points: side.edit(
        collection="results", sourcedId=RESULT_ID, set={"score": float(points)}
    ),
    edit_item=_edit_item,
    delete_item=lambda side, item: side.edit(collection="lineItems", sourcedId=item, set=None),
    notes=_note,
    has_notes=lambda item, cell: (item["description"], cell["comment"]) == ("Chapter 3", "See me"),
    small_pages=lambda monkeypatch: {"page_size": 2},
    first_page=lambda url: url.copy_remove_param("offset"),
    shorter=lambda url: _only(url, "limit", limit="1"),
    by_token={"auth": "basic"},
    wrong={"client_secret": {"env": "wrong"}},
    renew="client_secret",
    withhold=_without_scope,
    refused=({"category_id_sis": "Marked"}, "invaliddata"),
)

# ---- Aeries ------------------------------------------------------------------------------------------

AERIES_STUDENT = 99400001


def _aeries_note(side: Any, item: str) -> None:
    side.edit(collection="assignments", key=item, set={"Comment": "Chapter 3"})
    day = {"DateCompleted": "2026-11-12T00:00:00"}
    side.edit(collection="scores", key=f"{item}/{AERIES_STUDENT}", set=day)


def _aeries_item(side: Any, item: str, *, title: str, category: str) -> None:
    code = category.rpartition(":")[2]
    side.edit(collection="assignments", key=item, set={"Description": title, "AssignmentCategoryCode": code})


def _aeries_withhold(side: Any) -> dict[str, Any]:
    side.edit(collection="areas", key="Gradebook Scores", set="Read")
    side.edit(collection="areas", key="Gradebook Data", set="Read")
    return {}


def _aeries_pages(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr("gradeflow.sis.aeries_v5_reader.STUDENT_PAGE", 5)
    return {}


def _two_records(url: httpx.URL) -> httpx.URL:
    first = int(url.params.get("StartingRecord", 1))
    return _only(url, "StartingRecord", EndingRecord=str(first + 1))


AERIES = Manners(
    homework="0901:0",
    test="0901:2",
    school="994",
    create=Place("POST", "/gradebooks/*/Assignments"),
    update=Place("PUT", "/gradebooks/Assignments/*"),
    score=Place("POST", "/gradebooks/assignments/*/Scores"),
    score_field="NumberCorrect",
    number_fields=("NumberCorrect", "Mark"),
    allocates_ids=True,
    keeps_ours=True,
    writes_exempt=False,
    edit_score=lambda side, item, points: side.edit(
        collection="scores", key=f"{item}/{AERIES_STUDENT}", set={"Mark": points}
    ),
    edit_item=_aeries_item,
    delete_item=lambda side, item: side.edit(collection="assignments", key=item, set=None),
    notes=_aeries_note,
    has_notes=lambda item, cell: (
        (item["Comment"], cell["DateCompleted"])
        == (
            "Chapter 3",
            "2026-11-12T00:00:00",
        )
    ),
    small_pages=_aeries_pages,
    first_page=lambda url: _only(url, "StartingRecord", StartingRecord="1", EndingRecord="5"),
    shorter=_two_records,
    by_token={},
    wrong={"certificate": {"env": "wrong"}},
    renew="API Security page",
    withhold=_aeries_withhold,
    withheld_code="CREDENTIAL_INVALID",
    refused=({"title": "Marked " * 40}, "Description"),
    cannot=frozenset({"tokens"}),
)

# ---- PowerSchool -------------------------------------------------------------------------------------

XTE_STUDENT = 30001


def _part(item: str) -> str:
    return item.rpartition(":")[2]


def _xte_note(side: Any, item: str) -> None:
    side.edit(collection="assignments", key=item.partition(":")[0], set={"description": "Chapter 3"})
    side.edit(collection="scores", key=f"{_part(item)}/{XTE_STUDENT}", set={"islate": True})


def _xte_item(side: Any, item: str, *, title: str, category: str) -> None:
    link = {"teachercategoryid": int(category.rpartition(":")[2]), "isprimary": True}
    changes = {"name": title, "_assignmentcategoryassociations": [link]}
    side.edit(collection="assignments", key=item.partition(":")[0], set=changes)


def _xte_withhold(side: Any) -> dict[str, Any]:
    side.edit(collection="access", key="assignmentscore.scorepoints", set="none")
    side.edit(collection="access", key="assignment.createdbyplugin", set="none")
    return {}


def _xte_pages(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr("gradeflow.sis.powerschool_xte_reader.PAGE_SIZE", 2)
    return {}


XTE = Manners(
    homework="0901:601",
    test="0901:603",
    school="100",
    years=("y36",),
    create=Place("POST", "/ws/xte/section/assignment/"),
    update=Place("PUT", "/ws/xte/section/assignment/*"),
    score=Place("PUT", "/ws/xte/score"),
    score_field="scorepoints",
    number_fields=("scorepoints", "actualscoreentered"),
    allocates_ids=True,
    tells_assigned=False,
    echoes_scores=False,
    edit_score=lambda side, item, points: side.edit(
        collection="scores",
        key=f"{_part(item)}/{XTE_STUDENT}",
        set={"scorepoints": float(points), "actualscoreentered": points},
    ),
    edit_item=_xte_item,
    delete_item=lambda side, item: side.edit(collection="assignments", key=item.partition(":")[0], set=None),
    notes=_xte_note,
    has_notes=lambda item, cell: "Chapter 3" in json.dumps(item) and cell["islate"] == "1",
    small_pages=_xte_pages,
    first_page=lambda url: _only(url, "page", page="1"),
    shorter=lambda url: _only(url, "pagesize", pagesize="1"),
    by_token={},
    wrong={"client_secret": {"env": "wrong"}},
    renew="Plugin Management",
    withhold=_xte_withhold,
    refused=({"due_date": "2027-08-01", "title": "Marked"}, "duedate"),
    cannot=frozenset({"repeat"}),
)

# ---- file drop ---------------------------------------------------------------------------------------


def _export(side: Any, **changes: Any) -> None:
    """Write what the SIS would export after somebody entered the last pack and a teacher changed something."""
    row = {
        "line_item_id": LINE_ITEM.sis_id,
        "section_id": SECTION,
        "title": LINE_ITEM.title,
        "assign_date": LINE_ITEM.assign_date,
        "due_date": LINE_ITEM.due_date,
        "category_id": LINE_ITEM.category_id_sis,
        "points_possible": "20",
    }
    score = {"line_item_id": LINE_ITEM.sis_id, "student_id": STUDENT, "score": "8.5", "status": "graded"}
    row |= {name: text for name, text in changes.items() if name in row}
    score |= {name: text for name, text in changes.items() if name in score}
    rows = {"assignments": [] if changes.get("is_gone") else [row]}
    rows["scores"] = [] if changes.get("is_gone") else [score]
    folder, packs = side.settings["folder"] / "observed", side.settings["folder"] / "packs"
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in (("assignments", row), ("scores", score)):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, list(columns))
            writer.writeheader()
            writer.writerows(rows[name])
    told = {name: len(found) for name, found in rows.items()}
    told |= {"packs_entered": len(list(packs.iterdir())), "sections": [SECTION]}
    (folder / "complete.json").write_text(json.dumps(told), encoding="utf-8")


FILE_DROP = Manners(
    homework="cat-homework",
    test="cat-test",
    school="school-1",
    create=None,
    update=None,
    score=None,
    score_field="score",
    edit_score=lambda side, item, points: _export(side, score=points),
    edit_item=lambda side, item, *, title, category: _export(side, title=title, category_id=category),
    delete_item=lambda side, item: _export(side, is_gone=True),
    cannot=frozenset({"http", "parent"}),
)

ONEROSTER_KINDS = (
    *("aeries", "eschoolplus", "infinite_campus", "powerschool", "schooltool", "skyward_qmlativ"),
    "skyward_sms",
)
MANNERS: Mapping[str, Manners] = {
    **dict.fromkeys(ONEROSTER_KINDS, ONEROSTER),
    "aeries_v5": AERIES,
    "powerschool_xte": XTE,
    "file_drop": FILE_DROP,
}


def needs(*abilities: str) -> Callable[[Any], Any]:
    """Make a claim only of those kinds that can do this."""

    def marked(claim: Any) -> Any:
        claim.needs = abilities
        return claim

    return marked
