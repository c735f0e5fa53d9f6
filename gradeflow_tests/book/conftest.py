"""Every route of the rule book, lived through once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gradeflow_tests.book.routes import ROUTES
from gradeflow_tests.book.world import World, live


@pytest.fixture(scope="session")
def world_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], World]:
    """Give a route after its nights."""
    lived: dict[str, World] = {}

    def world(route: str) -> World:
        if route not in lived:
            lived[route] = live(ROUTES[route], tmp_path_factory.mktemp(route))
        return lived[route]

    return world
