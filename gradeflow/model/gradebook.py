"""What one reading of an LMS or of an SIS gave: frames, and whether they are complete.

`None` means not known; an empty frame means known to be empty. A reading that failed is an exception, never
one of these.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

ResultStatus = Literal["graded", "exempt", "blank"]


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where the next reading of the same LMS may go on, as the source that wrote it understands it.

    Attributes:
        scope: names what was read: the installation, the settings that narrow it, the version of the mapping.
        read_at: the LMS's own clock before the first page.
        full_read_at: the same, of the last reading that took every result anew.
        sections: per SIS section id a digest of what its results hang on beside grading, and how many of its
            rows were left out.
    """

    scope: str
    read_at: dt.datetime
    full_read_at: dt.datetime
    sections: Mapping[str, tuple[str, int]]


@dataclass(frozen=True, slots=True)
class GradebookExtract:
    """An LMS's gradebook of one district.

    Attributes:
        line_items: frame LINE_ITEMS.
        results: frame RESULTS.
        incomplete_sections: SIS section ids that could not be read whole. Their missing rows are unknown,
            not deleted.
        left_out: rows that cannot be routed, by reason code: base of the fan-out count.
        bookmark: where the next reading may go on; None where each reading takes everything anew.
    """

    line_items: pd.DataFrame
    results: pd.DataFrame
    incomplete_sections: frozenset[str] = frozenset()
    left_out: dict[str, int] = field(default_factory=dict)
    bookmark: Bookmark | None = None


@dataclass(frozen=True, slots=True)
class SisReference:
    """What the SIS says of its sections, people, periods and categories (frames of `model.frames`)."""

    sections: pd.DataFrame
    grading_periods: pd.DataFrame
    categories: pd.DataFrame
    students: pd.DataFrame
    enrolments: pd.DataFrame
    teachers: pd.DataFrame
    class_teachers: pd.DataFrame


@dataclass(frozen=True, slots=True)
class LineItemWrite:
    """One line item as it shall stand in the SIS, every field that we own or carry.

    Attributes:
        sis_id: the sourcedId to write to.
        observed_raw: the SIS's present object as JSON; every field not named here is carried over from it.
        is_create: whether the SIS is known not to hold it yet.
    """

    sis_id: str
    section_id_sis: str
    school_id_sis: str | None
    title: str
    assign_date: str
    due_date: str
    category_id_sis: str | None
    period_id_sis: str | None
    points_possible_e4: int
    is_create: bool
    observed_raw: str | None = None


@dataclass(frozen=True, slots=True)
class ResultWrite:
    """One result as it shall stand in the SIS. `score_date` is the district-local date of the run.

    The status `blank` means that no score shall stand there any more, whatever the SIS's way of that is; `score_e4`
    is then 0 and means nothing. Only an SIS whose `clears_results` is true gets one.
    """

    sis_id: str
    line_item_sis_id: str
    section_id_sis: str
    student_id_sis: str
    score_e4: int
    status: ResultStatus
    score_date: str
    observed_raw: str | None = None


@dataclass(frozen=True, slots=True)
class StoredLineItem:
    """What the SIS says it stored, where its answer says so (fields None: the answer did not tell)."""

    sis_id: str
    title: str | None = None
    assign_date: str | None = None
    due_date: str | None = None
    category_id_sis: str | None = None
    period_id_sis: str | None = None
    points_possible_e4: int | None = None


@dataclass(frozen=True, slots=True)
class StoredResult:
    """What the SIS says it stored; `is_echoed` is False where the answer was empty: read it back."""

    sis_id: str
    is_echoed: bool
    score_e4: int | None = None
    status: str | None = None
