"""What a person chose for one run: some sections, some assignments, or all but some (R018, R126, R171, R181).

A choice narrows a run as its partitions do. What lies outside it is neither examined nor concluded about: its
holds, findings and settled state stay, its deletion in the LMS is not noticed, no breaker counts it, and the
run's counts add up to the rows after fan-out of the line items that were chosen. Rules still judge the whole
gradebook, so that a second item of one name is known as such whatever was chosen.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from gradeflow.errors import ConfigError
from gradeflow.model.gradebook import GradebookExtract, SisReference
from gradeflow.ports import SnapshotStore

Ids = frozenset[str]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which line items a run is about.

    Attributes:
        sections: SIS sections; None: all. An empty set chooses nothing, and never everything.
        items: assignments by their id in the LMS; None: all.
        left_out: assignments that stay out.
        switched_on: the sections that the schedule sends, where a district lists them (R128); None: all. They
            come from the district file, so that one that nobody knows any more is no error of a run.
    """

    sections: Ids | None = None
    items: Ids | None = None
    left_out: Ids = frozenset()
    switched_on: Ids | None = None

    def holds(self, line_items: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Tell per line item (lms_assignment_id, section_id_sis) whether it was chosen."""
        inside = ~line_items["lms_assignment_id"].isin(self.left_out).to_numpy(bool)
        for column, chosen in (
            ("lms_assignment_id", self.items),
            ("section_id_sis", self.sections),
            ("section_id_sis", self.switched_on),
        ):
            if chosen is not None:
                inside &= line_items[column].isin(chosen).to_numpy(bool)
        return inside

    def refuse_unknown(
        self, extract: GradebookExtract, reference: SisReference, store: SnapshotStore
    ) -> None:
        """Let no slip of the pen pass: a name that nobody knows would silently send nothing, or too much.

        Raises:
            ConfigError: neither side lists a section or an assignment that was named, and no run ever saw it.
        """
        named_sections, named_items = (
            self.sections or frozenset(),
            (self.items or frozenset()) | self.left_out,
        )
        if named_sections or named_items:
            known = [extract.line_items, store.line_items()]
            sections = [frame["section_id_sis"] for frame in (reference.sections, *known)]
            _refuse("section", named_sections, sections)
            _refuse("assignment", named_items, [frame["lms_assignment_id"] for frame in known])

    def of_courses(self, line_items: pd.DataFrame) -> Choice:
        """Choose the whole courses of the sections: all their items, each in all of its sections (R157, R158).

        Args:
            line_items: frame LINE_ITEMS. Where the LMS names no course, the items of the sections are chosen.
        """
        if self.sections is None:
            return self
        here = line_items["section_id_sis"].isin(self.sections)
        courses = line_items.loc[here, "course_id_lms"].dropna()
        of_these = line_items.loc[here | line_items["course_id_lms"].isin(courses), "lms_assignment_id"]
        items = frozenset(of_these)
        return replace(self, sections=None, items=items if self.items is None else items & self.items)

    def command(
        self, district: str, *, is_remaster: bool = False, retry: bool = False, sends: bool = True
    ) -> str:
        """Write the command that asks for such a run, or for its plan alone; for a shell.

        What the schedule sends is asked for by naming its sections.
        """
        verb = "plan" if not sends else "remaster" if is_remaster else "sync"
        more = (
            ["--remaster"] if is_remaster and not sends else ["--retry"] if retry and not is_remaster else []
        )
        return shlex.join(["gradeflow", verb, district, *more, *self._options()])

    def _options(self) -> Iterator[str]:
        sections = self.sections
        if self.switched_on is not None:
            sections = self.switched_on if sections is None else sections & self.switched_on
        named = (("--section", sections), ("--item", self.items), ("--leave-out", self.left_out))
        for option, ids in named:
            for one in sorted(ids or ()):
                yield from (option, one)

    def document(self) -> dict[str, list[str] | None]:
        """Write the choice for a plan's evidence."""
        return {name: None if ids is None else sorted(ids) for name, ids in self._named()}

    @classmethod
    def from_document(cls, document: Mapping[str, Iterable[str] | None]) -> Choice:
        """Read it back."""
        ids = {name: None if ids is None else frozenset(ids) for name, ids in document.items()}
        return cls(ids["sections"], ids["items"], ids["left_out"] or frozenset(), ids["switched_on"])

    def _named(self) -> Iterator[tuple[str, Ids | None]]:
        yield from (("sections", self.sections), ("items", self.items), ("left_out", self.left_out))
        yield ("switched_on", self.switched_on)


EVERYTHING = Choice()


def _refuse(what: str, named: Ids, known: Sequence[pd.Series]) -> None:
    unknown = sorted(named.difference(*known))
    if unknown:
        raise ConfigError(
            f"there is no {what} {', '.join(unknown)} in the LMS, in the SIS or in any earlier run, so nothing was "
            "sent. A section is named by its id in the SIS, an assignment by its id in the LMS: look it up there, "
            "or leave it out of the command"
        )
