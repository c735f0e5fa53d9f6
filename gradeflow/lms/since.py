"""Going on from the last reading: what it knew, whether it still fits, and laying what changed over it.

What a platform tells of changes is a hint: something may change and leave no mark. So a section is read anew where
anything changed that its results hang on, and everything is read anew every few days, or where the last reading
does not fit.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from gradeflow.model import frames
from gradeflow.model.gradebook import Bookmark, GradebookExtract

# A night starts a little earlier than the one before as often as a little later.
SLACK = dt.timedelta(hours=12)
RESULT_KEYS = ["lms_assignment_id", "section_id_sis", "student_id_sis"]


def scope_of(*parts: object) -> str:
    """Name what a reading takes in; another scope makes the last reading useless."""
    return digest_of_parts(list(parts))


def digest_of_parts(parts: Any) -> str:
    """Name JSON-like values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(slots=True)
class Last:
    """The last reading of a district, fit to be gone on from.

    Attributes:
        since: from when on changes are asked for.
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

    def fits(self, section: str, digest: str) -> bool:
        """Tell whether a section (by its SIS id) is as it was, grading aside."""
        known = self.mark.sections.get(section)
        return known is not None and known[0] == digest

    def holds(self, section: str, keys: Iterable[tuple[str, str]]) -> bool:
        """Tell whether a section's rows (assignment, student) are all known; else more changed than we see."""
        rows = self.extract.results.iloc[self._rows.get(section, [])]
        return set(keys) <= set(zip(rows["lms_assignment_id"], rows["student_id_sis"], strict=True))

    def left_out(self, section: str) -> int:
        """Give how many rows of a section were left out."""
        return self.mark.sections[section][1]

    def periods(self, section: str) -> dict[tuple[str, str], str]:
        """Give the grading period of each of a section's line items that had one, by section and assignment."""
        return self._periods.get(section, {})

    def overlaid(self, sections: set[str], rows: pd.DataFrame) -> pd.DataFrame:
        """Lay rows over what was known of some sections; frame RESULTS, in no particular order."""
        known = self.extract.results
        kept = known[known["section_id_sis"].isin(sections)]
        if len(rows):
            fresh = pd.MultiIndex.from_frame(rows[RESULT_KEYS])
            kept = kept[~pd.MultiIndex.from_frame(kept[RESULT_KEYS]).isin(fresh)]
        return frames.checked(frames.RESULTS, pd.concat([kept, rows], ignore_index=True))


def last_of(
    previous: GradebookExtract | None,
    scope: str,
    now: dt.datetime,
    full_every: dt.timedelta,
    overlap: dt.timedelta,
) -> Last | None:
    """Take the last reading up, or None where everything must be read anew.

    That is: there is none, it is of something else, it is from after `now` (the clock was set), its last
    full reading is too old, or its frames are not what this version writes. `overlap` is how far back is asked
    beyond the last reading.
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
    return Last(previous, mark, mark.read_at - overlap)


def marked(
    last: Last | None, scope: str, now: dt.datetime, sections: Mapping[str, tuple[str, int]]
) -> Bookmark:
    """Write down where the next reading goes on."""
    full_read_at = now if last is None else last.mark.full_read_at
    return Bookmark(scope, now, full_read_at, sections)
