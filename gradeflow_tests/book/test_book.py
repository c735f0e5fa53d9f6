"""Each rule's passing and failing example, through the real pipeline into a practice SIS."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gradeflow_tests.book.checks import differences
from gradeflow_tests.book.routes import ROUTES
from gradeflow_tests.book.world import World

EXAMPLES = [(route.name, name) for route in ROUTES.values() for name in route.examples]
Worlds = Callable[[str], World]


@pytest.mark.parametrize(("route", "name"), EXAMPLES, ids=[f"{route}: {name}" for route, name in EXAMPLES])
def test_an_example_of_the_book_comes_out_as_it_says(world_of: Worlds, route: str, name: str) -> None:
    world = world_of(route)
    found = [text for night in range(len(world.nights)) for text in differences(world, name, night)]
    assert not found, "\n".join([name, *found])


@pytest.mark.parametrize("route", ROUTES)
def test_a_night_in_which_nothing_changed_writes_nothing(world_of: Worlds, route: str) -> None:
    assert world_of(route).nights[-1].writes == 0


@pytest.mark.parametrize("route", ROUTES)
def test_every_item_and_score_is_counted_once_each_night(world_of: Worlds, route: str) -> None:
    for number, night in enumerate(world_of(route).nights):
        if number in ROUTES[route].asked:
            continue  # it counts what it was asked for
        counted = (sum(night.line_items.values()), sum(night.results.values()))
        assert counted == ((0, 0) if number in ROUTES[route].stops else night.judged)


SERVED = [route.name for route in ROUTES.values() if route.lms in {"canvas", "itslearning", "schoology"}]


@pytest.mark.parametrize("route", SERVED)
def test_nothing_is_ever_written_to_the_learning_platform(world_of: Worlds, route: str) -> None:
    asked = world_of(route).asked
    assert asked
    # Schoology reads several lists in one call, which is a POST
    assert {place for method, place in asked if method != "GET"} <= {"/v1/multiget"}
