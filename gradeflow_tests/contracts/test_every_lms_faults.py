"""What every LMS connector must do where its system, or what is between, fails, or its export is broken.

Whatever comes, the gradebook is as usual, or the reading is refused, or the sections that are not whole are named.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pandas.testing import assert_frame_equal

from gradeflow.errors import OutsideError
from gradeflow.model import frames
from gradeflow.model.points import parse_e4
from gradeflow.sandbox.registry import practice_of, practices
from gradeflow_tests.contracts.conftest import LMS_KINDS, Servers, Side, _lms
from gradeflow_tests.contracts.on_the_way import Line, Told
from gradeflow_tests.contracts.test_every_lms import read
from gradeflow_tests.contracts.test_every_sis_lists import BROKEN
from gradeflow_tests.contracts.test_every_sis_records import objects

KEYS = {"line_items": ["lms_assignment_id", "section_id_sis"]}
KEYS["results"] = [*KEYS["line_items"], "student_id_sis"]


@dataclass(frozen=True, slots=True)
class Wire:
    """How one LMS looks on the wire.

    Attributes:
        scores, items: patterns of the addresses of both lists.
        score, title, word: keys of a score, of an item's title, and of what says how a score is meant.
        ids: keys that say whose and in what a score is.
        apart: settings by which each list is a call of its own.
        small: settings that make pages small; None: what its system is told instead.
        circle: makes a list lead back to its own page.
        shorter: makes a server give fewer than asked for.
    """

    scores: str
    items: str
    score: str
    title: str
    word: str
    ids: tuple[str, ...]
    circle: Callable[[Told], None]
    small: Mapping[str, Any] | None
    apart: Mapping[str, Any] = field(default_factory=dict)
    shorter: tuple[str, str] | None = None


def _link(told: Told) -> None:
    told.headers["link"] = f'<{told.url}>; rel="next"'


def _links(told: Told) -> None:
    told.body["links"] = {"self": str(told.url), "next": str(told.url)}


def _next_link(told: Told) -> None:
    told.body["odata.nextLink"] = str(told.url)


WIRES = {
    "canvas": Wire(
        scores="*/students/submissions",
        items="*/api/v1/courses/*/assignments",
        score="score",
        title="name",
        word="workflow_state",
        ids=("assignment_id", "user_id"),
        circle=_link,
        small={"page_size": 2},
        shorter=("per_page", "1"),
    ),
    "itslearning": Wire(
        scores="*/UserGrades",
        items="*/LearningItems",
        score="Score",
        title="LearningItemTitle",
        word="AssessmentStatusId",
        ids=("LearningItemId", "UserId"),
        circle=_next_link,
        small=None,
    ),
    "oneroster": Wire(
        scores="*/results",
        items="*/lineItems",
        score="score",
        title="title",
        word="scoreStatus",
        ids=("sourcedId", "lineItem", "student"),
        circle=_link,
        small={"page_size": 2},
        shorter=("limit", "1"),
    ),
    "schoology": Wire(
        scores="*/grades",
        items="*/grade_items",
        score="grade",
        title="title",
        word="exception",
        ids=("assignment_id", "enrollment_id"),
        circle=_links,
        small={"page_size": 2, "bulk": False},
        apart={"bulk": False},
    ),
}
FILE_KINDS = [kind for kind in LMS_KINDS if practice_of(kind).serve is None]


@pytest.fixture(params=WIRES)
def served(request: pytest.FixtureRequest, servers: Servers, tmp_path: Path, waited: list[float]) -> Side:
    return _lms(request.param, servers, tmp_path, waited)


@pytest.fixture(params=FILE_KINDS)
def dropped(request: pytest.FixtureRequest, servers: Servers, tmp_path: Path, waited: list[float]) -> Side:
    return _lms(request.param, servers, tmp_path, waited)


def usual(lms: Side, **more: Any) -> Any:
    found = lms.run(read, **more)
    assert found.incomplete_sections == frozenset()
    return found


def outcome(lms: Side, expected: Any, **more: Any) -> str:
    """Read; tell whether it was refused, is not whole and says so, or is the same. All else is an error."""
    try:
        found = lms.run(read, **more)
    except OutsideError:
        return "refused"
    for name, keys in KEYS.items():
        left, right = (getattr(one, name).sort_values(keys, ignore_index=True) for one in (expected, found))
        kept = ~left.section_id_sis.isin(found.incomplete_sections)
        told = ~right.section_id_sis.isin(found.incomplete_sections)
        assert_frame_equal(left[kept].reset_index(drop=True), right[told].reset_index(drop=True))
    return "not whole" if found.incomplete_sections else "same"


def test_every_lms_over_http_is_on_this_wire() -> None:
    assert set(WIRES) == {one.kind for one in practices().values() if one.side == "lms" and one.serve}
    assert set(WIRES) | set(FILE_KINDS) == set(LMS_KINDS)


def test_each_call_of_a_reading_that_fails_ends_it_or_names_its_sections(served: Side, line: Line) -> None:
    """Each call is broken in turn; of all pairs of a call and a way some forty are tried, spread over both."""
    wire, paths = WIRES[served.kind], set[str]()

    def note(url: Any) -> Any:
        paths.add(url.path)
        return url

    line.ask = note
    expected = usual(served, **wire.apart)
    silent, asked = [], sorted(paths - {"/oauth/token"})
    share = 1 + len(asked) * len(BROKEN) // 40
    for at_path, path in enumerate(asked):
        for at_way, (name, way) in enumerate(BROKEN.items()):
            if (at_path + at_way) % share == 0:
                below = path.rpartition("/v1p2")[2] if served.kind == "oneroster" else path
                below = below.removeprefix("/odata/practice").removeprefix("/v1")
                served.fault(**way, path=below, times=None)
                if outcome(served, expected, **wire.apart) == "same":
                    silent.append((name, path))
                served.clear()
    assert silent == []


def test_many_lists_in_one_call_that_fails_are_read_otherwise_or_refused(
    servers: Servers, tmp_path: Path, waited: list[float]
) -> None:
    schoology = _lms("schoology", servers, tmp_path, waited)
    expected = usual(schoology)
    outcomes = {}
    for name, way in BROKEN.items():
        schoology.fault(**way, path="/multiget", times=None)
        outcomes[name] = outcome(schoology, expected)
        schoology.clear()
    assert {name for name, found in outcomes.items() if found == "same"} == {"404"}


@pytest.mark.parametrize(
    ("fault", "pause"),
    [
        ({"do": "status", "code": 429, "headers": {"Retry-After": "3"}}, 3.0),
        ({"do": "status", "code": 429}, None),
        ({"do": "status", "code": 502}, None),
        ({"do": "reset"}, None),
    ],
    ids=repr,
)
def test_a_passing_fault_is_waited_out(served: Side, fault: dict[str, Any], pause: float | None) -> None:
    wire = WIRES[served.kind]
    expected = usual(served, **wire.apart)
    served.fault(**fault, path=wire.scores, times=2)
    assert outcome(served, expected, **wire.apart) == "same"
    assert len(served.waited) == 2
    assert pause is None or served.waited == [pause, pause]


@pytest.mark.parametrize("code", [401, 403])
def test_a_reading_that_is_refused_half_way_is_no_shorter_gradebook(served: Side, code: int) -> None:
    wire = WIRES[served.kind]
    expected = usual(served, **wire.apart)
    served.fault(do="status", code=code, path=wire.scores, times=None)
    assert outcome(served, expected, **wire.apart) == "refused"
    assert served.waited == []


# Signatures, and a user with a password, do not expire; a token that a person made nobody else renews
@pytest.mark.parametrize(("kind", "ends"), [("oneroster", "same"), ("canvas", "refused")])
def test_a_token_that_expires_during_the_reading_is_renewed_or_ends_it(
    servers: Servers, tmp_path: Path, waited: list[float], kind: str, ends: str
) -> None:
    lms, wire = _lms(kind, servers, tmp_path, waited), WIRES[kind]
    expected = usual(lms)
    lms.fault(do="expire_tokens", path=wire.scores, times=1)
    assert outcome(lms, expected) == ends


@pytest.mark.parametrize("which", ["scores", "items"])
def test_a_list_that_leads_in_a_circle_is_refused(served: Side, line: Line, which: str) -> None:
    wire = WIRES[served.kind]
    expected = usual(served, **wire.apart)
    line.change(getattr(wire, which), wire.circle)
    assert outcome(served, expected, **wire.apart) == "refused"
    assert line.changed


def test_small_pages_give_the_same_gradebook(served: Side) -> None:
    wire = WIRES[served.kind]
    expected, before = usual(served, **wire.apart), len(served.routes())
    if wire.small is None:
        served.edit(page=3)
    assert outcome(served, expected, **(wire.small or {})) == "same"
    assert len(served.routes()) > 2 * before


@pytest.mark.parametrize("kind", [kind for kind, wire in WIRES.items() if wire.shorter])
def test_pages_shorter_than_asked_for_are_no_end(
    servers: Servers, tmp_path: Path, waited: list[float], line: Line, kind: str
) -> None:
    lms, (name, size) = _lms(kind, servers, tmp_path, waited), WIRES[kind].shorter or ("", "")
    expected, before = usual(lms), len(lms.routes())
    line.ask = lambda url: url.copy_set_param(name, size) if name in url.params else url
    assert outcome(lms, expected) == "same"
    assert len(lms.routes()) > 2 * before


@pytest.mark.parametrize("which", ["scores", "items"])
def test_records_that_come_twice_count_once_or_are_refused(served: Side, line: Line, which: str) -> None:
    wire = WIRES[served.kind]
    expected = usual(served, **wire.apart)

    def double(told: Told) -> None:
        for rows in list(told.records()):
            rows.extend(copy.deepcopy(rows))

    line.change(getattr(wire, which), double)
    outcome(served, expected, **wire.apart)
    assert line.changed


@pytest.mark.parametrize("which", ["scores", "items"])
def test_two_records_of_one_thing_that_differ_are_refused(served: Side, line: Line, which: str) -> None:
    wire = WIRES[served.kind]
    expected = usual(served, **wire.apart)
    name, value = (wire.score, 3) if which == "scores" else (wire.title, "Another title")

    def second(told: Told) -> None:
        for rows in list(told.records()):
            others = copy.deepcopy(rows)
            for record in objects(others):
                if record.get(name) is not None:
                    record[name] = value
            rows.extend(one for one in others if one not in rows)

    line.change(getattr(wire, which), second)
    assert outcome(served, expected, **wire.apart) != "same"


# Not `true`: in itslearning's Atom answers all is text, and an item that no bridge names is none of ours
@pytest.mark.parametrize("gone", [None, "", [], {"a": 1}], ids=repr)
def test_a_score_of_nobody_knows_whom_is_refused_and_never_left_out(
    served: Side, line: Line, gone: Any
) -> None:
    wire = WIRES[served.kind]
    expected = usual(served, **wire.apart)

    def nameless(record: dict[str, Any]) -> None:
        if wire.score in record:
            record |= {name: gone for name in wire.ids if name in record}

    line.change_records(wire.scores, nameless)
    assert outcome(served, expected, **wire.apart) != "same"
    assert line.changed


@pytest.mark.parametrize("written", [8, 8.0, "8.50", "8"], ids=repr)
def test_a_number_is_the_same_however_it_is_written(served: Side, line: Line, written: Any) -> None:
    wire = WIRES[served.kind]
    before = usual(served, **wire.apart).results

    def rewrite(record: dict[str, Any]) -> None:
        if isinstance(record.get(wire.score), str | int | float):
            record[wire.score] = written

    line.change_records(wire.scores, rewrite)
    after = served.run(read, **wire.apart).results
    assert line.changed
    scored = before.is_graded.fillna(value=False) & before.score_e4.notna()
    keys = KEYS["results"]
    found = after.set_index(keys).loc[list(before[scored][keys].itertuples(index=False, name=None))]
    assert len(found) > 10
    assert set(found.score_e4) == {parse_e4(written)}
    assert found.is_graded.all()


@pytest.mark.parametrize("wrong", [[8], True, "NaN", "1e999"], ids=repr)
def test_a_score_of_another_type_is_no_number_and_leaves_nobody_out(
    served: Side, line: Line, wrong: Any
) -> None:
    wire = WIRES[served.kind]
    before = usual(served, **wire.apart)

    def change(record: dict[str, Any]) -> None:
        if isinstance(record.get(wire.score), str | int | float):
            record[wire.score] = wrong

    line.change_records(wire.scores, change)
    try:
        found = served.run(read, **wire.apart)
    except OutsideError:
        return
    frames.checked(frames.RESULTS, found.results)
    assert found.incomplete_sections or len(found.results) == len(before.results)
    assert found.results.score_e4.isna().all()


@pytest.mark.parametrize("word", ["frozen", 77], ids=repr)
def test_a_word_that_nobody_knows_makes_no_score(served: Side, line: Line, word: Any) -> None:
    wire = WIRES[served.kind]
    before = usual(served, **wire.apart)

    def change(record: dict[str, Any]) -> None:
        if wire.word in record and wire.score in record:
            record[wire.word] = word

    line.change_records(wire.scores, change)
    try:
        found = served.run(read, **wire.apart)
    except OutsideError:
        return
    assert line.changed
    assert not found.results.is_graded.fillna(value=False).any()
    # Rows are missing only where that is told
    assert len(found.results) == len(before.results) or found.incomplete_sections or found.left_out


def test_titles_that_are_not_ascii_arrive_as_they_are(lms: Side) -> None:
    assert "Größen, 測定 & Notizen" in set(lms.run(read).line_items.title)
    assert "Ñ-9" in set(lms.run(read).results.student_id_sis)


# ---- files -------------------------------------------------------------------------------------------


def _torn(content: bytes) -> bytes:
    """End in the middle of the last row, as a copy that was interrupted does."""
    return content[: content.rstrip().rfind(b",")]


WAYS: Mapping[str, Callable[[bytes], bytes | None]] = {
    "away": lambda content: None,
    "empty": lambda content: b"",
    "torn": _torn,
    "html": lambda content: b"<!doctype html><html><body>Please sign in.</body></html>",
    "other encoding": lambda content: content.replace("Ñ".encode(), "Ñ".encode("latin-1")) + b"\xff\n",
    "nulls": lambda content: content.replace(b",", b"\x00,", 5),
    "other names": lambda content: content.replace(b"_", b"-", 40).replace(b":", b";", 2),
    "a row less": lambda content: content[: content.rstrip().rfind(b"\n") + 1],
    "last row twice": lambda content: content + content[content.rstrip().rfind(b"\n") + 1 :],
    "unknown words": lambda content: content.replace(b"Graded", b"Frozen").replace(b"Completed", b"Frozen"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_broken_export_is_refused_and_never_a_shorter_gradebook(dropped: Side, way: str) -> None:
    assert dropped.spec is not None
    expected = usual(dropped)
    files = sorted(path for path in dropped.spec.drop.iterdir() if path.suffix in {".csv", ".json"})
    assert len(files) == 3
    broken = 0
    for path in files:
        content = path.read_bytes()
        changed = WAYS[way](content)
        if changed == content:
            continue
        if changed is None:
            path.unlink()
        else:
            path.write_bytes(changed)
        assert outcome(dropped, expected) == "refused", path.name
        path.write_bytes(content)
        broken += 1
    assert broken
    assert outcome(dropped, expected) == "same"
