"""All routes that the cases of the rule book go."""

from __future__ import annotations

from gradeflow_tests.book.cases_canvas import CAMPUS, SCHOOLTOOL
from gradeflow_tests.book.cases_itslearning import MERGED, SKYWARD
from gradeflow_tests.book.cases_otus import OTUS
from gradeflow_tests.book.cases_schoology import AERIES, ESCHOOL, POWERSCHOOL

ROUTES = {
    route.name: route for route in (SKYWARD, MERGED, OTUS, SCHOOLTOOL, CAMPUS, ESCHOOL, POWERSCHOOL, AERIES)
}
