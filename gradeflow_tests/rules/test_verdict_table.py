"""One gradebook judged on every documented route: `verdicts.md` beside this file, for people to read.

A change of a rule or of a profile shows there, row by row. To write it anew, after looking at what changed:
`python -m gradeflow_tests.rules.test_verdict_table`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gradeflow.rules.judge import JUDGED_NOTES
from gradeflow.rules.rulebook import RULES
from gradeflow_tests.rules.verdict_cases import CASES, documented_routes, judged_on, verdicts_of

TABLE = Path(__file__).parent / "verdicts.md"
HEAD = """\
# What becomes of each case on each route

One gradebook, judged on every documented route at 03:30 on 20 November 2026, in quarter 2. Each case is an item
worth ten points, assigned on 9 November and due on the 16th, and a student's score of 8.5, but for what its name
says; a classmate has 8.5 wherever anybody has a score.

*Sent* is what the SIS shall hold. *Skipped* was not meant to go, *rejected* needs somebody's fix, *unknown* was
not read whole. Behind a plus stands what is told beside it. Written by `test_verdict_table`.
"""
NO_ROUTE_ROUNDS = {"SCORE_ROUNDED"}  # every documented route takes four digits


def verdict_table() -> str:
    """Judge the gradebook on every route and write it as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    routes = {name: verdicts_of(judged_on(name)) for name in documented_routes()}
    yield HEAD
    yield "| case | " + " | ".join(routes) + " |"
    yield "|" + "---|" * (len(routes) + 1)
    for case in CASES:
        yield f"| {case.name} | " + " | ".join(told[case.name] for told in routes.values()) + " |"


def test_the_table_says_what_becomes_of_each_case_now() -> None:
    assert TABLE.read_text(encoding="utf-8") == verdict_table()


def test_every_code_of_the_rule_book_stands_in_the_table() -> None:
    text = TABLE.read_text(encoding="utf-8").replace("|", " ").replace(",", " ").split()
    assert {rule.code for rule in RULES} | JUDGED_NOTES <= {*text} | NO_ROUTE_ROUNDS


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    titles = [case.row()["title"] for case in CASES if "title" not in case.item]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("route", documented_routes())
def test_what_is_as_usual_goes_on_every_route(route: str) -> None:
    assert verdicts_of(judged_on(route))["as usual"] == "sent 8.5"


@pytest.mark.parametrize("route", documented_routes())
def test_the_order_of_the_gradebook_does_not_matter(route: str) -> None:
    assert verdicts_of(judged_on(route, CASES[::-1])) == verdicts_of(judged_on(route))


if __name__ == "__main__":
    TABLE.write_text(verdict_table(), encoding="utf-8")
