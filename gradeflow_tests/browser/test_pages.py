"""What a data engineer sees: the pages of the Dagster UI on a home that a demo made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from selenium import webdriver
from selenium.webdriver.common.by import By

from gradeflow.core.breakers import BREAKERS
from gradeflow_tests.acceptance.outside import gradeflow
from gradeflow_tests.defs.grades import write_grades
from gradeflow_tests.defs.served import ASSETS, Served, serving, wait_for

PAUSED = "bbb-2013j"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass
class Shown:
    """A UI on a home with the six runs of a demo and one that a breaker stopped."""

    served: Served
    demo_runs: dict[str, str]  # run id to district
    stopped: str
    driver: webdriver.Chrome

    def page(self, path: str, *words: str) -> str:
        """Open a page and give its text once all the words stand on it."""
        self.driver.get(self.served.url + path)

        def text() -> str | None:
            body = self.driver.execute_script("return document.body ? document.body.innerText : ''")
            return body if all(word in body for word in words) else None

        return wait_for(f"{words} on {path}", text, 60)


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


def test_the_asset_graph_shows_the_five_assets_and_no_dialog(shown: Shown) -> None:
    text = shown.page("/locations/gradeflow/asset-groups/passback/lineage", *ASSETS)
    for unwanted in ("newsletter", "Join the", "telemetry", "Get started with Dagster"):
        assert unwanted.lower() not in text.lower()
    assert shown.driver.find_elements(By.CSS_SELECTOR, "[role=dialog], .bp5-dialog, .bp4-dialog") == []


def test_the_runs_of_the_demo_are_the_ones_that_the_ui_shows(shown: Shown) -> None:
    found = {run["runId"]: run["tags"]["gradeflow/district"] for run in shown.served.runs()}
    assert found == shown.demo_runs | {shown.stopped: PAUSED}
    assert len(shown.demo_runs) == 6
    shown.page("/runs", *(run[:8] for run in found))


def test_a_finished_run_shows_its_status_and_its_steps(shown: Shown) -> None:
    run = next(iter(shown.demo_runs))
    # The head, the tags and the chart of the steps are drawn one after the other: each is waited for.
    counts = ("5 assets", f"{len(BREAKERS)} checks")
    text = shown.page(f"/runs/{run}", "Success", "Succeeded (5)", run[:8], *counts, *ASSETS)
    assert "Errored (0)" in text


def test_the_plan_page_answers_why_nothing_was_sent(shown: Shown) -> None:
    sentence = "Paused until 2014-12-31 (report cards)."
    checks = shown.page("/assets/passback_plan?view=checks&checkDetail=not_paused", "Evaluation result")
    _, _, detail = checks.partition("Latest execution")
    assert sentence in detail
    assert "Failed" in detail
    plan = shown.page("/assets/passback_plan", "stopped by", "run/results_to_write")
    _, _, after = plan.partition("stopped by")
    assert f"not_paused: {sentence}" in after.partition("run/rows")[0]


def test_a_delivery_shows_its_counts_and_reasons_as_tables(shown: Shown) -> None:
    text = shown.page("/assets/passback_delivery", "run/rows", "run/reasons")
    _, _, rows = text.partition("run/rows")
    counts, _, _ = rows.partition("run/reasons")
    assert "created\tupdated\tadopted\tunchanged" in counts
    assert re.search(r"^results(\t\d+){9}$", counts, re.MULTILINE)
    if "what to do" not in text:  # the UI folds a long table
        shown.driver.find_element(By.XPATH, "//*[text()='[Show Markdown]']").click()
        folded = "return document.body.innerText.includes('what to do') || null"
        assert wait_for("the unfolded table", lambda: shown.driver.execute_script(folded), 60)
