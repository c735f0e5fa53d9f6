"""Reading only what was graded or handed in since the last reading, and laying it over that one.

Canvas filters submissions by `graded_since` and `submitted_since`, but what it tells so is a hint: taking a
grade back, a missing mark that comes by the clock and posting need not move either instant. So a section is
read anew where anything else of it changed, and everything is read anew every few days, or where the last
reading does not fit.

Source: canvas.instructure.com/doc/api (Submissions) and submissions_api_controller.rb, read 2026-11.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from gradeflow.lms.canvas_records import Course, Record, Section, id_text
from gradeflow.model import frames
from gradeflow.model.gradebook import Bookmark, GradebookExtract

# Canvas's servers and databases are several, and its instants whole seconds.
OVERLAP = dt.timedelta(minutes=5)
# A night starts a little earlier than the one before as often as a little later.
SLACK = dt.timedelta(hours=12)
# What a student's result hangs on beside grading: who has it, until when, and how it is graded and shown.
RESULT_FIELDS = (
    *("id", "published", "workflow_state", "only_visible_to_overrides", "overrides", "due_at", "unlock_at"),
    *("lock_at", "grading_type", "grading_standard_id", "points_possible", "submission_types"),
    *("post_manually", "muted", "anonymous_grading", "group_category_id"),
    "grade_group_students_individually",
)
RESULT_KEYS = ["lms_assignment_id", "section_id_sis", "student_id_sis"]


def digest_of(course: Course, section: Section, enrolments: Iterable[Record]) -> str:
    """Name everything of a section that its results hang on beside grading."""
    assignments = {
        key: {name: one.get(name) for name in RESULT_FIELDS} for key, one in course.scored(section).items()
    }
    seats = sorted(
        [id_text(one, "user_id"), str(one.get("sis_user_id")), str(one.get("enrollment_state"))]
        for one in enrolments
        if one.get("type") == "StudentEnrollment"
    )
    text = json.dumps([section.id_lms, assignments, seats], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def scope_of(*parts: object) -> str:
    """Name what a reading takes in; another scope makes the last reading useless."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


@dataclass(slots=True)
class Last:
    """The last reading of a district, fit to be gone on from.

    Attributes:
        since: from when on Canvas is asked for changes.
    """

    extract: GradebookExtract
    mark: Bookmark
    since: dt.datetime
    _rows: Mapping[Any, Any] = field(init=False, repr=False)
    _periods: dict[str, dict[tuple[str, str], str]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Find once which rows are a section's: there may be millions of them."""
        self._rows = self.extract.results.groupby("section_id_sis", sort=False).indices
        known = self.extract.line_items.loc[self.extract.line_items["term_lms"].notna()]
        columns = known[["section_id_sis", "lms_assignment_id", "term_lms"]]
        for section, assignment, period in columns.itertuples(index=False, name=None):
            self._periods.setdefault(section, {})[section, assignment] = period

    def fits(self, section: Section, digest: str) -> bool:
        """Tell whether a section is as it was, grading aside."""
        known = self.mark.sections.get(section.id_sis)
        return known is not None and known[0] == digest

    def holds(self, section: Section, keys: Iterable[tuple[str, str]]) -> bool:
        """Tell whether a section's rows (assignment, student) are all known; else more changed than we see."""
        rows = self.extract.results.iloc[self._rows.get(section.id_sis, [])]
        return set(keys) <= set(zip(rows["lms_assignment_id"], rows["student_id_sis"], strict=True))

    def left_out(self, section: Section) -> int:
        """Give how many rows of a section were left out."""
        return self.mark.sections[section.id_sis][1]

    def periods(self, section: Section) -> dict[tuple[str, str], str]:
        """Give the grading period of each of a section's line items that had one, by section and assignment."""
        return self._periods.get(section.id_sis, {})

    def overlaid(self, sections: set[str], rows: pd.DataFrame) -> pd.DataFrame:
        """Lay rows over what was known of some sections; frame RESULTS, in no particular order."""
        known = self.extract.results
        kept = known[known["section_id_sis"].isin(sections)]
        if len(rows):
            fresh = pd.MultiIndex.from_frame(rows[RESULT_KEYS])
            kept = kept[~pd.MultiIndex.from_frame(kept[RESULT_KEYS]).isin(fresh)]
        return frames.checked(frames.RESULTS, pd.concat([kept, rows], ignore_index=True))


def last_of(
    previous: GradebookExtract | None, scope: str, now: dt.datetime, full_every: dt.timedelta
) -> Last | None:
    """Take the last reading up, or None where everything must be read anew.

    That is: there is none, it is of something else, it is from after `now` (Canvas's clock was set), its last
    full reading is too old, or its frames are not what this version writes.
    """
    mark = None if previous is None else previous.bookmark
    if previous is None or mark is None or mark.scope != scope:
        return None
    if now < mark.read_at or now - mark.full_read_at >= full_every - SLACK:
        return None
    try:
        frames.checked(frames.LINE_ITEMS, previous.line_items)
        frames.checked(frames.RESULTS, previous.results)
    except ValueError:
        return None
    return Last(previous, mark, mark.read_at - OVERLAP)


def marked(
    last: Last | None, scope: str, now: dt.datetime, sections: Mapping[str, tuple[str, int]]
) -> Bookmark:
    """Write down where the next reading goes on."""
    full_read_at = now if last is None else last.mark.full_read_at
    return Bookmark(scope, now, full_read_at, sections)


def since_params(name: str, since: dt.datetime) -> list[tuple[str, str]]:
    """Ask for what is strictly later; Canvas wants ISO 8601 with a zone."""
    return [(name, since.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))]
