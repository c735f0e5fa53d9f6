"""Whatever calls end in, one by one and in batches: the SIS ends as after calm nights, nothing lost, nothing twice."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gradeflow_tests.delivery.memory_nights import School
from gradeflow_tests.delivery.memory_sis import FAULTS, BulkSis, MemorySis

STUDENTS, ITEMS = ("s1", "s2", "s3"), ("1", "2", "3")
CALM = 3  # what a fault left goes in the next run, its scores in the one after
SCORES = st.dictionaries(
    st.tuples(st.sampled_from(ITEMS), st.sampled_from(STUDENTS)),
    st.sampled_from([0, 50_000, 87_549, 100_000]),
    min_size=3,
    max_size=9,
)
MANNERS = st.fixed_dictionaries(
    {
        "allocates_ids": st.booleans(),
        "keeps_external_id": st.booleans(),
        "is_mute": st.booleans(),
        "digits": st.sampled_from([0, 2, 4]),
    }
)
FAULT_LISTS = st.lists(st.one_of(st.none(), st.sampled_from(FAULTS)), max_size=12)


def lived(
    sis: MemorySis, first: dict[tuple[str, str], int], then: dict[tuple[str, str], int], faults: Any
) -> School:
    """Live through a first load and through changes, each with faults, then through calm nights."""
    with tempfile.TemporaryDirectory() as folder:
        school = School(Path(folder), sis)
        for name in ITEMS:
            school.add(name, {}, section_id_sis="B" if name == "3" else "A")
        for scores, trouble in zip((first, then), faults, strict=True):
            for (name, student), points in scores.items():
                school.give(name, student, points)
            if scores is then:
                school.rename("1", "Renamed")
            sis.faults = list(trouble)
            school.night()
        sis.faults = []
        school.retry = True  # what was refused rests until somebody asks
        done = [school.night() for _ in range(CALM)][-1]
        assert done.unresolved == 0
        assert done.held == []
        assert done.results == {"unchanged": len(school.scores)}
        items, _ = school.remembered()
        assert items["sis_id"].dropna().is_unique
        return school


@given(MANNERS, SCORES, SCORES, st.tuples(FAULT_LISTS, FAULT_LISTS), st.integers(2, 4), st.integers(1, 3))
@settings(max_examples=6)  # each lives through fifteen nights on a real warehouse
def test_faults_leave_the_same_sis_one_by_one_and_in_batches(
    manners: dict[str, Any],
    first: dict[tuple[str, str], int],
    then: dict[tuple[str, str], int],
    faults: tuple[list[str | None], list[str | None]],
    result_batch: int,
    line_item_batch: int,
) -> None:
    calm = lived(MemorySis(**manners), first, then, ([], []))
    alone = lived(MemorySis(**manners), first, then, faults)
    many = lived(
        BulkSis(**manners, result_batch=result_batch, line_item_batch=line_item_batch), first, then, faults
    )
    assert alone.sis.contents() == calm.sis.contents()
    assert many.sis.contents() == calm.sis.contents()
