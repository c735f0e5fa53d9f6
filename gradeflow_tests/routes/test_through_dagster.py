"""Each learning platform and each SIS once through the Dagster job, as an operator starts it."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradeflow.lms import registry as lms_registry
from gradeflow.sis import registry as sis_registry
from gradeflow_tests.routes.conftest import District
from gradeflow_tests.routes.outside import held_by
from gradeflow_tests.routes.real_school import as_of, graded, real_school

PAIRS = list(zip(itertools.cycle(lms_registry.connectors()), sis_registry.connectors(), strict=False))


def sync(home: Path) -> dict[str, Any]:
    school = real_school()
    command = [sys.executable, "-m", "gradeflow", "sync", school.slug, "--home", str(home), "--json"]
    done = subprocess.run(
        [*command, "--as-of", as_of(1).isoformat()], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode in {0, 3}, done.stderr
    (run,) = json.loads(done.stdout)["districts"]
    return dict(run)


def test_the_pairs_name_every_system() -> None:
    assert {lms for lms, _ in PAIRS} == set(lms_registry.connectors())
    assert {sis for _, sis in PAIRS} == set(sis_registry.connectors())


@pytest.mark.parametrize(("lms", "sis"), PAIRS)
def test_the_job_loads_every_system_once(joined: Callable[[str, str], District], lms: str, sis: str) -> None:
    district = joined(lms, sis)
    run = sync(district.home.path)
    held = held_by(district.sis)
    expected = graded(real_school())
    assert {cell: held[cell][0] for cell in expected if cell in held} == expected
    assert run["results"]["created"] == len(held)
    assert run["results"]["failed"] == run["results"]["held"] == 0
