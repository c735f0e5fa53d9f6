"""A district that joins any two practice systems of one small real school."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from gradeflow.cli.practice_home import write_practice_district
from gradeflow.sandbox.home import new_specs
from gradeflow.sandbox.practice import ServerSpec
from gradeflow.sandbox.registry import practice_of
from gradeflow.sandbox.server import running
from gradeflow.settings import Home
from gradeflow_tests.routes.pipeline import Ended, run_night
from gradeflow_tests.routes.real_school import as_of, real_school

UNTOLD = "itslearning"  # its warehouse has no category of an item


@dataclass
class District:
    """One route's district, its systems running."""

    home: Home
    lms: ServerSpec
    sis: ServerSpec

    def night(self, number: int) -> Ended:
        return run_night(self.home, real_school().slug, as_of(number))


def choose_categories(home: Home, lms: ServerSpec) -> None:
    """Choose a category per item, as a district does whose platform does not tell the teacher's choice."""
    school = real_school()
    titles = {category.id: category.title for category in school.categories}
    file = home.districts_folder / f"{school.slug}.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    practice = practice_of(lms.kind)
    content["passback"]["categories"] = [
        {"item": key, "sis": titles[school.category_of[assignment.type]]}
        for assignment in school.assignments
        for key in {practice.item_id(school, assignment.id, section.id) for section in school.sections}
    ]
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


@pytest.fixture
def joined(tmp_path: Path) -> Iterator[Callable[[str, str], District]]:
    """Join two practice systems of the same school."""
    school, home = real_school(), Home(tmp_path)
    with ExitStack() as stack:

        def join(lms: str, sis: str) -> District:
            specs = new_specs([lms, sis], school, tmp_path / "sandbox" / school.slug, as_of(1))
            write_practice_district(home, school, *specs)
            if lms == UNTOLD:
                choose_categories(home, specs[0])
            home.settings_file.write_text(f"partitions: {{start: {school.start}, grain: month}}\n")
            stack.enter_context(running(specs))
            return District(home, *specs)

        yield join
