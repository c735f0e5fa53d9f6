"""All routes that the cases of the rule book go."""

from __future__ import annotations

from gradeflow_tests.book.cases_itslearning import SKYWARD
from gradeflow_tests.book.cases_otus import OTUS

ROUTES = {route.name: route for route in (SKYWARD, OTUS)}
