"""A drop folder in place of an SIS: its roster, its check, and what it shows of nobody."""

from __future__ import annotations

from typing import Any

import pytest

from gradeflow.errors import SourceDataError
from gradeflow.sis.file_drop import CONNECTOR
from gradeflow_tests.sis.dropped import Drop, create, results
from gradeflow_tests.sis.vendor_practice import agrees_with_the_school, awkward_school


def test_the_reference_is_the_roster(drop: Drop) -> None:
    found, school = drop.run(lambda system: system.read_reference()), awkward_school()
    agrees_with_the_school(found, school)
    assert list(found.grading_periods.period_id_sis) == [period.id for period in school.periods]
    scope = found.categories.set_index("category_id_sis").section_id_sis
    assert scope["cat-lab"] == "sci-01"


@pytest.mark.parametrize("name", ["academicSessions", "categories", "classes", "enrollments", "users"])
def test_a_file_that_is_missing_or_lacks_a_column_is_no_empty_list(drop: Drop, name: str) -> None:
    path = drop.root / "roster" / f"{name}.csv"
    text = path.read_text(encoding="utf-8")
    path.unlink()
    with pytest.raises(SourceDataError, match=f"{name}.csv cannot be read"):
        drop.run(lambda system: system.read_reference())
    path.write_text(text.replace("sourcedId", "id", 1), encoding="utf-8")
    with pytest.raises(SourceDataError, match="has no column sourcedId"):
        drop.run(lambda system: system.read_reference())
    path.write_text(text + '"broken\n', encoding="utf-8")
    with pytest.raises(SourceDataError) as caught:
        drop.run(lambda system: system.read_reference())
    assert caught.value.code in {"ROSTER_INVALID", "SIS_RECORD_INVALID"}


def test_a_roster_from_a_spreadsheet_with_a_mark_and_more_columns_is_read(drop: Drop) -> None:
    path = drop.root / "roster" / "classes.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    more = [lines[0] + ",metadata.x", *(line + ",y" for line in lines[1:])]
    path.write_text("\ufeff" + "\r\n".join(more) + "\r\n", encoding="utf-8", newline="")
    assert len(drop.run(lambda system: system.read_reference()).sections) == 3


def test_the_check_says_what_waits_and_writes_nothing(drop: Drop) -> None:
    drop.run(create)

    async def work(system: Any) -> Any:
        return await system.check(), system.calls.writes, system.system_id

    checks, writes, system_id = drop.run(work)
    assert [check.passed for check in checks] == [True, True, True]
    assert (writes, system_id) == (0, "file_drop:practice")
    assert drop.run(work, system_id="lincoln-sis")[2] == "lincoln-sis"
    assert CONNECTOR.evidence == "assumed"


def test_an_open_connection_shows_nobody_in_its_repr(drop: Drop) -> None:
    async def work(system: Any) -> str:
        await system.read_reference()
        await create(system)
        await results(system)
        return repr(system)

    shown = drop.run(work)
    assert not [one for one in awkward_school().students if len(one) > 3 and one in shown]
