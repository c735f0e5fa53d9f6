"""What a data engineer sees: the pages of the Dagster UI on a home that a demo made."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from selenium import webdriver
from selenium.webdriver.common.by import By

from gradeflow.core.breakers import BREAKERS
from gradeflow.core.tally import ITEM_COUNTS
from gradeflow_tests.acceptance.outside import gradeflow
from gradeflow_tests.defs.grades import write_grades
from gradeflow_tests.defs.served import ASSETS, Served, serving, wait_for

PAUSED = "bbb-2013j"
UNFOLD = "[Show Markdown]"
# What a reader would have to scroll sideways, by the words that it begins with.
WIDER = """
return [...document.querySelectorAll('*')]
  .filter(e => ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1)
  .map(e => e.innerText.slice(0, 60))"""

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass
class Shown:
    """A UI on a home with the six runs of a demo and one that a breaker stopped."""

    served: Served
    demo_runs: dict[str, str]  # run id to district
    stopped: str
    driver: webdriver.Chrome

    def page(self, path: str, *words: str, when: Callable[[str], object] = str) -> str:
        """Open a page and give its text once all the words stand on it, and it is as wanted.

        The UI draws a page piece by piece: whatever a test says of a text has to be waited for here.
        """
        self.driver.get(self.served.url + path)
        seen = ""

        def text() -> str | None:
            nonlocal seen
            seen = self.driver.execute_script("return document.body ? document.body.innerText : ''")
            return seen if all(word in seen for word in words) and when(seen) else None

        try:
            return wait_for(path, text, 60)
        except AssertionError:
            missing = [word for word in words if word not in seen]
            pytest.fail(f"{path} lacks {missing or 'what was wanted of it'}:\n{seen}")


@pytest.fixture(scope="module")
def shown(browser: webdriver.Chrome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder, home = write_grades(tmp_path_factory.mktemp("grades")), tmp_path_factory.mktemp("home")
    made = gradeflow("demo", "--json", "--data", str(folder), home=home)
    assert made.returncode == 0, made.stderr
    runs = {
        run["run_id"]: run["district"] for n in json.loads(made.stdout)["nights"] for run in n["districts"]
    }
    _pause(home / "districts" / f"{PAUSED}.yaml")
    with serving(home) as served:
        stopped = gradeflow("sync", PAUSED, "--json", home=home)
        assert stopped.returncode == 4, stopped.stderr
        yield Shown(served, runs, json.loads(stopped.stdout)["districts"][0]["run_id"], browser)


def _pause(file: Path) -> None:
    content = yaml.safe_load(file.read_text())
    content["passback"]["pause"] = {"until": "2014-12-31", "reason": "report cards"}
    file.write_text(yaml.safe_dump(content))


def between(text: str, first: str, last: str) -> str:
    """Cut out what stands on a page after one word and before another; nothing where the first is not there."""
    return text.partition(first)[2].partition(last)[0]


def test_the_asset_graph_shows_the_five_assets_and_no_dialog(shown: Shown) -> None:
    path = "/locations/gradeflow/asset-groups/passback/lineage"
    text = shown.page(path, *ASSETS, when=lambda text: text.count("Latest event") == len(ASSETS))
    for unwanted in ("newsletter", "Join the", "telemetry", "Get started with Dagster"):
        assert unwanted.lower() not in text.lower()
    assert shown.driver.find_elements(By.CSS_SELECTOR, "[role=dialog], .bp5-dialog, .bp4-dialog") == []


def test_the_runs_of_the_demo_are_the_ones_that_the_ui_shows(shown: Shown) -> None:
    found = {run["runId"]: run["tags"]["gradeflow/district"] for run in shown.served.runs()}
    assert found == shown.demo_runs | {shown.stopped: PAUSED}
    assert len(shown.demo_runs) == 6
    tag = "gradeflow/district: "
    words = (*(run[:8] for run in found), *(tag + district for district in found.values()))
    text = shown.page("/runs", *words, when=lambda text: text.count(tag) == len(found))
    assert "process" not in text  # who holds a run is no news to who looks at the list


def test_a_finished_run_shows_its_status_and_its_steps(shown: Shown) -> None:
    run = next(iter(shown.demo_runs))
    counts = ("5 assets", f"{len(BREAKERS)} checks", "Succeeded (5)", "Errored (0)")
    assert shown.page(f"/runs/{run}", "Success", run[:8], *counts, *ASSETS)


def test_a_run_that_was_stopped_names_the_check_that_stopped_it(shown: Shown) -> None:
    assert shown.page(f"/runs/{shown.stopped}", "Failure", "Errored (1)", "passback_plan: not_paused")


def test_the_plan_page_answers_why_nothing_was_sent(shown: Shown) -> None:
    sentence = "Paused until 2014-12-31 (report cards)."

    def answered(text: str) -> bool:
        detail = text.partition("Latest execution")[2]
        return all(word in detail for word in (sentence, "Evaluation result", "Failed"))

    assert shown.page("/assets/passback_plan?view=checks&checkDetail=not_paused", when=answered)
    told = f"not_paused: {sentence}"
    assert shown.page(
        "/assets/passback_plan", when=lambda text: told in between(text, "stopped by", "run/rows")
    )


def test_a_delivery_shows_its_counts_and_reasons_as_tables(shown: Shown) -> None:
    def drawn(text: str) -> bool:
        rows = re.findall(r"^(\w+)\t\d+\t\d+$", between(text, "run/rows", "run/reasons"), re.MULTILINE)
        return rows == [*ITEM_COUNTS, "rows"] and any(word in text for word in ("what to do", UNFOLD))

    text = shown.page("/assets/passback_delivery", "line items\tresults", when=drawn)
    if "what to do" not in text:  # the UI folds a long table
        shown.driver.find_element(By.XPATH, f"//*[text()='{UNFOLD}']").click()
        folded = "return document.body.innerText.includes('what to do') || null"
        assert wait_for("the unfolded table", lambda: shown.driver.execute_script(folded), 60)


def test_what_an_asset_tells_is_no_wider_than_the_page(shown: Shown) -> None:
    for name in ("passback_plan", "passback_delivery"):
        shown.page(
            f"/assets/{name}", when=lambda text: "line items\tresults" in between(text, "run/rows", "plan")
        )
        assert shown.driver.execute_script(WIDER) == []
