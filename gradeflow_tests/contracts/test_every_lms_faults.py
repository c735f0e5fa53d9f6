"""What every LMS connector must do where its system, or what is between, fails, or its export is broken.

Whatever comes, the gradebook is as usual, or the reading is refused, or the sections that are not whole are named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from gradeflow.sandbox.registry import practice_of, practices
from gradeflow_tests.contracts.conftest import LMS_KINDS, Servers, Side, _lms
from gradeflow_tests.contracts.on_the_way import Line
from gradeflow_tests.contracts.test_every_lms import read
from gradeflow_tests.contracts.test_every_sis_lists import BROKEN
from gradeflow_tests.contracts.wires import WIRES, outcome, usual

FILE_KINDS = [kind for kind in LMS_KINDS if practice_of(kind).serve is None]


@pytest.fixture(params=FILE_KINDS)
def dropped(request: pytest.FixtureRequest, servers: Servers, tmp_path: Path, waited: list[float]) -> Side:
    return _lms(request.param, servers, tmp_path, waited)


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


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("canvas", "*/sections/1003/enrollments"),
        ("canvas", "*/sections/1003/students/submissions"),
        ("oneroster", "*/classes/sci-01/lineItems"),
        ("oneroster", "*/classes/sci-01/results"),
        ("schoology", "*/sections/4318003/enrollments"),
        ("schoology", "*/sections/4318003/grades"),
    ],
)
@pytest.mark.parametrize("code", [404, 410])
def test_a_section_that_is_not_there_is_named_and_the_others_are_read(
    servers: Servers, tmp_path: Path, waited: list[float], kind: str, path: str, code: int
) -> None:
    lms, wire = _lms(kind, servers, tmp_path, waited), WIRES[kind]
    expected = usual(lms, **wire.apart)
    lms.fault(do="status", code=code, path=path, times=None)
    assert lms.run(read, **wire.apart).incomplete_sections == {"sci-01"}
    assert outcome(lms, expected, **wire.apart) == "not whole"


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
