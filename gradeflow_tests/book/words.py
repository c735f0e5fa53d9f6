"""The words in which the cases of the rule book are written.

A case is a rule and its examples; an example is one piece of work in a practice LMS, what is unusual about it,
and what must then be true in the SIS:

    rule("R042",
         passes(points="10", score="8.5").sends("8.5", points="10"),
         fails(points="10.5", score="8").keeps("MAX_NOT_WHOLE"))

The usual work is worth 10 points, assigned on 9 November and due on the 16th, of the type Homework; the student
has 8.5 and a classmate 7. `then` begins the next night: what the teacher changes by its name, what is done in the
SIS in `in_sis`. Without another word an example is expected to stay as it was in all later nights.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gradeflow.sandbox.school import Grading, Submission

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work as its teacher made it, and one student's score in it.

    Attributes:
        title: None: the example's short name, or, with `length`, that name made so many characters long.
        course: a course with one section of that name; `three` is one of the sections P1, P2 and P3.
        created: None: on the day on which it was assigned.
        by: who assigned it.
        due_in: dates of their own, by section.
        only_named: only the sections of `due_in` have it.
        student: whose score is looked at: `1`; `left` is not enrolled in the SIS, `new` came on 18 November.
        score: None: nothing was handed in.
        classmate: the score of student 2.
        twin: another work of the same name, made before it; its student has a score of 1.
        is_gone: deleted in the LMS.
        item, cell: what else its row and the score's say, in the platform's own words.
    """

    title: str | None = None
    length: int | None = None
    course: str = "A"
    type: str = "Homework"
    points: str = "10"
    assigned: str = "2026-11-09"
    due: str | None = "2026-11-16"
    created: str | None = None
    kind: Submission = "online_upload"
    grading: Grading = "points"
    is_selected: bool = True
    is_published: bool = True
    is_in_final_grade: bool = True
    by: str = "t-1"
    due_in: Mapping[str, str | None] = field(default_factory=dict)
    only_named: bool = False
    student: str = "1"
    score: str | None = "8.5"
    text: str | None = None
    is_handed_in: bool = False
    is_late: bool = False
    is_excused: bool = False
    is_posted: bool = True
    classmate: str | None = "7"
    twin: bool = False
    is_gone: bool = False
    item: Raw = field(default_factory=dict)
    cell: Raw = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Then:
    """What must be true after a night.

    Attributes:
        is_there: whether the SIS holds the work, once in each of its sections.
        score: what the SIS holds of the student, to the digit; None: nothing.
        status: `graded` or `exempt`.
        fields: more of what the SIS says of the work: title, due, assigned, points, category (its name).
        codes: every open finding on the work or on the student's score, no more and no less.
        held: every open hold on either.
        except_in: the sections of its course that must not have it, and their codes.
        is_twin_there: the SIS holds the twin under that name, and only that.
        is_classmate_there: the classmate's score stands beside it, as the LMS has it.
        is_written: whether the SIS stored the student's score in this very night; None: either.
    """

    is_there: bool
    score: str | None = None
    status: str = "graded"
    fields: Raw = field(default_factory=dict)
    codes: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    except_in: Mapping[str, str] = field(default_factory=dict)
    is_twin_there: bool = False
    is_classmate_there: bool = True
    is_written: bool | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One night of an example: the work as it is in the LMS by then, what was done in the SIS before."""

    work: Work
    in_sis: Raw
    then: Then | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a rule, night by night."""

    is_passing: bool
    about: str
    steps: tuple[Step, ...]

    def sends(
        self,
        score: str | None,
        status: str = "graded",
        *,
        noted: str = "",
        except_in: Mapping[str, str] | None = None,
        is_written: bool | None = None,
        **fields: Any,
    ) -> Example:
        """Expect the work in the SIS, with this score; `noted` names what is told beside it.

        A field that differs from section to section is a mapping.
        """
        told = frozenset(noted.split())
        then = Then(True, score, status, fields, told, except_in=except_in or {}, is_written=is_written)
        return self._ends(then)

    def keeps(self, codes: str, *, held: str = "", is_twin_there: bool = False) -> Example:
        """Expect that the SIS has nothing of the work, for these reasons."""
        told = frozenset(codes.split())
        return self._ends(Then(False, codes=told, held=frozenset(held.split()), is_twin_there=is_twin_there))

    def keeps_score(self, codes: str, **fields: Any) -> Example:
        """Expect the work and the classmate's score in the SIS, not the student's, for these reasons."""
        return self._ends(Then(True, None, fields=fields, codes=frozenset(codes.split())))

    def holds(
        self,
        reasons: str,
        score: str | None = None,
        *,
        noted: str = "",
        is_classmate_there: bool = True,
        **fields: Any,
    ) -> Example:
        """Expect that the change waits for somebody: the SIS has this score still."""
        told, held = frozenset(f"{reasons} {noted}".split()), frozenset(reasons.split())
        then = Then(True, score, fields=fields, codes=told, held=held, is_classmate_there=is_classmate_there)
        return self._ends(then)

    def then(self, in_sis: Raw | None = None, **changes: Any) -> Example:
        """Begin the next night: what was done in the SIS, and what the teacher changed."""
        last = self.steps[-1]
        step = Step(dataclasses.replace(last.work, **changes), in_sis or {})
        return dataclasses.replace(self, steps=(*self.steps, step))

    def _ends(self, then: Then) -> Example:
        *before, last = self.steps
        return dataclasses.replace(self, steps=(*before, dataclasses.replace(last, then=then)))


def passes(about: str = "", *, in_sis: Raw | None = None, **work: Any) -> Example:
    """Begin the example that the rule lets through."""
    return Example(True, about, (Step(Work(**work), in_sis or {}),))


def fails(about: str = "", *, in_sis: Raw | None = None, **work: Any) -> Example:
    """Begin the example that the rule stops, or where breaking it would show."""
    return Example(False, about, (Step(Work(**work), in_sis or {}),))


@dataclass(frozen=True, slots=True)
class Case:
    """One rule of the book and its examples."""

    rule: str
    examples: tuple[Example, ...]


def rule(rule_id: str, *examples: Example) -> Case:
    """Write down the examples of one rule."""
    return Case(rule_id, examples)


@dataclass(frozen=True, slots=True)
class Named:
    """An example with the names that it bears in its world: one for readers, one for the school, which is short."""

    name: str
    short: str
    example: Example

    @property
    def nights(self) -> int:
        """How many nights it tells of."""
        return len(self.example.steps)

    def step(self, night: int) -> Step:
        """Give how it stands in a night, counted from 0; after its last night nothing changes."""
        steps = self.example.steps
        if night < len(steps):
            return steps[night]
        then = steps[-1].then and dataclasses.replace(steps[-1].then, is_written=None)
        return dataclasses.replace(steps[-1], in_sis={}, then=then)

    def title(self, night: int) -> str:
        """Give the title of its work in a night."""
        work = self.step(night).work
        if work.title is not None:
            return work.title
        return self.short if work.length is None else f"{self.short} ".ljust(work.length, "x")[: work.length]


def named(cases: tuple[Case, ...]) -> dict[str, Named]:
    """Name every example by its rule, its side and what it is about."""
    found: dict[str, Named] = {}
    for case in cases:
        for place, example in enumerate(case.examples, 1):
            side = "passes" if example.is_passing else "fails"
            name = " ".join(part for part in (case.rule, side, example.about) if part)
            if name in found:
                msg = f"two examples are called {name}: say what they are about"
                raise ValueError(msg)
            found[name] = Named(name, f"{case.rule} {side} {place}", example)
    return found
