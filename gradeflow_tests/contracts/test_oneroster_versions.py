"""What only some OneRoster providers have: a second version, bulk calls, signed calls, a vendor's key."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd
import pytest

from gradeflow.errors import AmbiguousDeliveryError, CredentialError, PermanentError
from gradeflow.transport.oneroster_lists import CLASSES
from gradeflow_tests.contracts.conftest import Servers, Side, _side
from gradeflow_tests.contracts.manners import LINE_ITEM, RESULT, SECTION


async def reference(system: Any) -> Any:
    return await system.read_reference()


async def results(system: Any) -> Any:
    return await system.read_results(SECTION, "item-1")


STUDENTS = ("000001", "1", "s-003")
MANY = [
    dataclasses.replace(RESULT, sis_id=f"result-{student}", student_id_sis=student) for student in STUDENTS
]


@pytest.fixture
def flavour(servers: Servers, waited: list[float]) -> Any:
    return lambda kind: _side(kind, servers.renewed(kind), waited, is_lms=False)


@pytest.fixture
def plus(flavour: Any) -> Side:
    found: Side = flavour("eschoolplus")
    return found


@pytest.fixture
def campus(flavour: Any) -> Side:
    found: Side = flavour("infinite_campus")
    return found


@pytest.mark.parametrize(
    ("kind", "version", "path"),
    [
        ("skyward_qmlativ", "1.1", "/ims/oneroster/v1p1"),
        ("skyward_qmlativ", "1.2", ""),
        ("infinite_campus", "1.1", "/campus/api/oneroster/v1p1/gradeflow/ims/oneroster/v1p1"),
        ("infinite_campus", "1.2", "/campus/api/oneroster/v1p2/gradeflow"),
        ("eschoolplus", "1.1", "/plus360api/practice/ims/oneroster/v1p1"),
        ("eschoolplus", "1.2", "/plus360api/practice/ims/oneroster/v1p2"),
    ],
)
def test_each_version_is_written_and_read_back(flavour: Any, kind: str, version: str, path: str) -> None:
    async def work(system: Any) -> Any:
        checks = await system.check()
        await system.put_line_item(LINE_ITEM)
        stored = await system.put_result(RESULT)
        await system.put_line_item(
            dataclasses.replace(
                LINE_ITEM,
                title="Ratios",
                is_create=False,
                observed_raw=(await system.read_line_items(SECTION)).iloc[0].raw,
            )
        )
        found = await system.read_reference()
        return checks, stored, await system.read_line_items(SECTION), await results(system), found

    side = flavour(kind)
    assert side.spec is not None
    checks, stored, items, cells, found = side.run(work, base_url=side.spec.origin + path, version=version)
    assert all(check.passed for check in checks), checks
    assert (stored.is_echoed, stored.score_e4) == (True, 85_000)
    assert (items.iloc[0].title, str(items.iloc[0].due_date.date())) == ("Ratios", "2026-11-13")
    assert list(cells.score_e4) == [85_000]
    assert set(found.sections.school_id_sis) == {"school-1"}


@pytest.mark.parametrize("kind", ["powerschool", "schooltool"])
def test_when_a_class_ends_is_asked_where_it_counts(flavour: Any, kind: str) -> None:
    side = flavour(kind)
    is_asked = kind == "powerschool"
    ends = side.run(reference).sections["end_date"]
    assert {None if pd.isna(day) else day.date() for day in ends} == {side.school.end if is_asked else None}
    assert any(path.endswith("/academicSessions") for _, path in side.routes()) is is_asked


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_provider_without_terms_says_what_to_write_and_is_read_without_them_then(
    flavour: Any, status: int
) -> None:
    side = flavour("powerschool")
    side.fault(do="status", code=status, method="GET", path="*/academicSessions", times=None)
    with pytest.raises(PermanentError, match="reads_terms: false"):
        side.run(reference)
    check = side.run(lambda system: system.check())[-1]
    assert (check.passed, "reads_terms: false" in check.detail) == (False, True)
    found = side.run(reference, reads_terms=False)
    assert len(found.sections) == len(side.school.sections)
    assert found.sections["end_date"].isna().all()
    assert all(check.passed for check in side.run(lambda system: system.check(), reads_terms=False))


def test_a_letter_that_a_teacher_typed_instead_of_points_is_seen(campus: Side) -> None:
    async def write(system: Any) -> None:
        await system.put_line_item(LINE_ITEM)
        await system.put_result(RESULT)

    campus.run(write, version="1.2")
    campus.edit(collection="results", sourcedId=RESULT.sis_id, set={"score": None, "textScore": "B+"})
    (row,) = campus.run(results, version="1.2").itertuples()
    assert (row.student_id_sis, row.status) == (RESULT.student_id_sis, "graded")
    assert pd.isna(row.score_e4)


@pytest.mark.parametrize("without", ["withdrawn", "unset"])
def test_gradebook_calls_without_the_vendors_key_say_who_issues_it(campus: Side, without: str) -> None:
    more: dict[str, Any] = {}
    if without == "withdrawn":
        campus.fault(do="vendor_key_withdrawn", times=None)
    else:
        more = {"vendor_key": None, "vendor_secret": None}

    async def work(system: Any) -> Any:
        with pytest.raises(CredentialError) as caught:
            await system.put_result(RESULT)
        roster = await system.roster.whole("/classes", CLASSES)
        return caught.value, roster

    error, roster = campus.run(work, **more)
    assert error.code == "CREDENTIAL_INVALID"
    assert "vendor_key and vendor_secret" in str(error)
    assert "Digital Learning Partner" in str(error)
    assert roster  # the district's own key still reads the roster
    checks = campus.run(lambda system: system.check(), **more)
    assert [check.passed for check in checks] == [True, True, False]
    assert "hidden" not in str(checks)


async def many(system: Any) -> Any:
    await system.put_line_item(LINE_ITEM)
    return await system.put_results(MANY)


def test_results_of_a_line_item_go_in_one_call(plus: Side) -> None:
    async def work(system: Any) -> Any:
        return await many(system), await results(system), system.result_batch, system.calls.writes

    stored, cells, batch, writes = plus.run(work)
    assert [one.sis_id for one in stored] == [one.sis_id for one in MANY]
    assert not any(one.is_echoed for one in stored)  # the answer names ids only: read back
    assert set(cells.student_id_sis) == set(STUDENTS)
    assert batch == 100
    assert writes == 2


def test_results_that_are_there_are_replaced_one_by_one(plus: Side) -> None:
    async def work(system: Any) -> Any:
        await many(system)
        raw = (await results(system)).set_index("student_id_sis").raw
        changed = [
            dataclasses.replace(one, score_e4=90_000, observed_raw=raw[one.student_id_sis])
            for one in MANY[:2]
        ]
        stored = await system.put_results([*changed, MANY[2]])
        return stored, await results(system), system.calls.writes

    stored, cells, writes = plus.run(work)
    assert [one.is_echoed for one in stored] == [True, True, True]
    assert sorted(cells.score_e4) == [85_000, 90_000, 90_000]
    assert writes == 5  # the line item, one call of three, then three by themselves


def test_a_batch_that_is_refused_leaves_the_rows_to_be_sent_one_by_one(plus: Side) -> None:
    async def work(system: Any) -> Any:
        await system.put_line_item(LINE_ITEM)
        stranger = dataclasses.replace(MANY[0], student_id_sis="Marked")
        with pytest.raises(PermanentError) as caught:
            await system.put_results([stranger, *MANY[1:]])
        return caught.value, await results(system), system.result_batch

    error, cells, batch = plus.run(work)
    assert error.code == "SIS_REFUSED"
    assert "Marked" not in str(error)
    assert cells.empty
    assert batch == 100  # the next line item is tried in one call again


def test_a_batch_that_names_one_pair_leaves_the_others_to_be_read_back(plus: Side) -> None:
    plus.fault(do="one_pair", method="POST", times=1)
    first, *others = plus.run(many)
    assert first.sis_id == MANY[0].sis_id
    assert [type(one) for one in others] == [AmbiguousDeliveryError, AmbiguousDeliveryError]


@pytest.mark.parametrize(
    ("fault", "is_stored"),
    [
        ({"do": "lose_answer"}, True),
        ({"do": "reset"}, False),
        ({"do": "status", "code": 503}, False),
        ({"do": "status", "code": 408}, False),
        ({"do": "status", "code": 500}, False),
    ],
)
def test_a_batch_in_doubt_is_never_sent_again_by_itself(
    plus: Side, fault: dict[str, Any], is_stored: bool
) -> None:
    async def work(system: Any) -> Any:
        await system.put_line_item(LINE_ITEM)
        plus.fault(**fault, method="POST", times=1)
        with pytest.raises(AmbiguousDeliveryError):
            await system.put_results(MANY)
        return await results(system), system.calls.writes

    cells, writes = plus.run(work)
    assert len(cells) == 3 * is_stored
    assert writes == 2
    assert plus.waited == []


def test_a_batch_that_is_throttled_is_waited_out(plus: Side) -> None:
    plus.fault(do="status", code=429, headers={"Retry-After": "2"}, method="POST", path="*/results", times=1)
    assert len(plus.run(many)) == 3
    assert plus.waited == [2.0]


def test_a_client_without_the_right_to_post_goes_on_one_by_one(plus: Side) -> None:
    scope = "https://purl.imsglobal.org/spec/or/v1p2/scope/"
    scopes = " ".join(
        scope + name for name in ("roster.readonly", "gradebook.readonly", "gradebook.createput")
    )

    async def work(system: Any) -> Any:
        with pytest.raises(PermanentError, match="403"):
            await many(system)
        stored = [await system.put_result(one) for one in MANY]
        return stored, system.result_batch

    stored, batch = plus.run(work, auth="basic", scope=scopes)
    assert all(one.is_echoed for one in stored)
    assert batch == 1


def test_line_items_go_in_one_call_where_ids_are_the_siss(plus: Side) -> None:
    writes = [dataclasses.replace(LINE_ITEM, sis_id=f"item-{n}", title=f"Ratios {n}") for n in range(3)]

    async def work(system: Any) -> Any:
        stored = await system.put_line_items(writes)
        return stored, await system.read_line_items(SECTION), system.line_item_batch, system.calls.writes

    stored, items, batch, calls = plus.run(work, id_mode="server")
    assert {one.sis_id for one in stored} == set(items.sis_id)
    assert sorted(items.title) == ["Ratios 0", "Ratios 1", "Ratios 2"]
    assert (batch, calls) == (50, 1)
    assert plus.run(_batches) == (1, 100)
    assert plus.run(_batches, bulk=False) == (1, 1)


async def _batches(system: Any) -> tuple[int, int]:
    return system.line_item_batch, system.result_batch


@pytest.mark.parametrize("method", ["oauth1-hmac-sha1", "oauth1-hmac-sha256"])
def test_signed_calls_pass_and_a_wrong_secret_does_not(plus: Side, method: str) -> None:
    assert len(plus.run(reference, auth=method, page_size=2, token_url=None).sections)
    with pytest.raises(CredentialError, match="Does this machine's clock go right"):
        plus.run(reference, auth=method, client_secret={"env": "client_id"})


def test_what_the_service_says_of_itself_is_part_of_the_check(campus: Side) -> None:
    checks = campus.run(lambda system: system.check())
    assert checks[-1].detail == "line items and results may be written"
