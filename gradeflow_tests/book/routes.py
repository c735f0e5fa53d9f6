"""All routes that the cases of the rule book go."""

from __future__ import annotations

from gradeflow_tests.book.cases_canvas import CAMPUS, SCHOOLTOOL
from gradeflow_tests.book.cases_districts import DISTRICTS
from gradeflow_tests.book.cases_itslearning import MERGED, SKYWARD
from gradeflow_tests.book.cases_otus import OTUS, OTUS_CAMPUS
from gradeflow_tests.book.cases_schoology import AERIES, ESCHOOL, POWERSCHOOL, SCHOOLOGY_SKYWARD

ROUTES = {
    route.name: route
    for route in (
        *(SKYWARD, MERGED, OTUS, OTUS_CAMPUS, SCHOOLTOOL, CAMPUS),
        *(ESCHOOL, POWERSCHOOL, AERIES, SCHOOLOGY_SKYWARD),
        *DISTRICTS,
    )
}
