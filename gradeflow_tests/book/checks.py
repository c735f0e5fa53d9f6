"""Whether an example came out as the book says, in words for whoever reads a failure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from gradeflow_tests.book.gradebook import Row
from gradeflow_tests.book.night import After
from gradeflow_tests.book.school import COURSES
from gradeflow_tests.book.words import Then, Work
from gradeflow_tests.book.world import World

GRADED = "graded"


def differences(world: World, name: str, night: int) -> list[str]:
    """Give what is otherwise than an example says after a night, in each section of its course."""
    one = world.route.examples[name]
    step = one.step(night)
    if step.then is None:
        return [f"{name}: nothing is expected after night {night + 1}"]
    after, title = world.nights[night], step.then.fields.get("title", one.title(night))
    found = [
        f"night {night + 1}, section {section}: {text}"
        for section in COURSES[step.work.course]
        for text in _in_section(world, after, name, (title, section), step.work, step.then)
    ]
    wanted = world.route.stops.get(night)
    stopped = " ".join(after.stopped)
    if (wanted is None) == bool(stopped) or (wanted or "") not in stopped:
        found.append(f"night {night + 1} is stopped by {stopped!r}, not by {wanted!r}")
    return found


def _in_section(
    world: World, after: After, name: str, place: tuple[str, str], work: Work, then: Then
) -> Iterator[str]:
    title, section = place
    items, student = after.sis.of(title, section), f"{section}-{work.student}"
    kept = then.except_in.get(section)
    is_there = then.is_there and kept is None
    wanted = int(is_there or then.is_twin_there)
    codes = then.codes if kept is None else frozenset(kept.split())
    yield from _told(after, world.item_ids.get((name, section)), section, student, codes, then.held)
    if len(items) != wanted:
        yield f"the SIS has {len(items)} of it, not {wanted}"
        return
    if then.is_twin_there and after.sis.scores(items[0]).get(f"{section}-1") != (Decimal(1), GRADED):
        yield "the one in the SIS is not the twin"
    if is_there:
        yield from _held(after, items[0], section, work, then)


def _held(after: After, item: Row, section: str, work: Work, then: Then) -> Iterator[str]:
    scores, student = after.sis.scores(item), f"{section}-{work.student}"
    expected = None if then.score is None else (Decimal(then.score), then.status)
    if scores.get(student) != expected:
        yield f"the SIS has {scores.get(student)} of the student, not {expected}"
    if then.is_written is not None and after.is_written(item, student) != then.is_written:
        yield f"the student's score was {'not ' * then.is_written}written in this night"
    classmate = None if work.classmate is None else (Decimal(work.classmate), GRADED)
    if then.is_classmate_there and classmate is not None and scores.get(f"{section}-2") != classmate:
        yield f"the SIS has {scores.get(f'{section}-2')} of the classmate, not {classmate}"
    for field, told in then.fields.items():
        value = told.get(section) if isinstance(told, Mapping) else told
        stored = after.sis.field(item, field)
        if stored != value:
            yield f"its {field} is {stored!r} in the SIS, not {value!r}"


def _told(
    after: After, item: str | None, section: str, student: str, codes: frozenset[str], held: frozenset[str]
) -> Iterator[str]:
    if item is None:
        return
    keys = [(item, section, None), (item, section, student)]
    found = frozenset().union(*(after.findings.get(key, frozenset()) for key in keys))
    if found != codes:
        yield f"found are {sorted(found)}, not {sorted(codes)}"
    if (now := after.holds.get(keys[0], frozenset())) != held:
        yield f"held by {sorted(now)}, not {sorted(held)}"
