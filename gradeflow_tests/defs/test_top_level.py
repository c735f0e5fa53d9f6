"""`DAGSTER_HOME=$PWD dagster dev` at the top level of a fresh copy: it just works, and leaves the top level alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from gradeflow.sandbox.server import free_ports
from gradeflow.settings import HOME_VARIABLE
from gradeflow_tests.defs.homes import write_home
from gradeflow_tests.defs.served import Served, ended_with_all, loaded, wait_for

ROOT = Path(__file__).parents[2]
TOP = ("pyproject.toml", "README.md", "gradeflow", "workspace.yaml", "dagster.yaml")
# Dagster makes these two for its telemetry even where that is off; they stay empty, so git never sees them.
EMPTY = {"logs", ".logs_queue"}

pytestmark = pytest.mark.slow


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    top = tmp_path / "top"
    top.mkdir()
    for name in TOP:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, top / name, ignore=shutil.ignore_patterns("__pycache__", "data"))
        else:
            shutil.copy(source, top / name)
    write_home(top / "var", "lincoln")
    return top


def test_dagster_dev_serves_the_default_home_and_writes_only_below_it(copy: Path, tmp_path: Path) -> None:
    port = free_ports(1)[0]
    environment = {name: value for name, value in os.environ.items() if name != HOME_VARIABLE}
    environment |= {"DAGSTER_HOME": str(copy), "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "dagster", "dev", "-h", "127.0.0.1", "-p", str(port)]
    log = tmp_path / "dev.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=copy, env=environment, stdout=out, stderr=subprocess.STDOUT)
    served = Served(f"http://127.0.0.1:{port}", process, log)
    with ended_with_all(process, signal.SIGINT):
        wait_for("an answer of the UI", lambda: loaded(served))
        keys = served.ask("{ assetNodes { partitionKeysByDimension { name partitionKeys } } }")["assetNodes"]
        assert keys[0]["partitionKeysByDimension"][1] == {"name": "district", "partitionKeys": ["lincoln"]}
        page = httpx.get(served.url, timeout=60).text
        assert '"telemetryEnabled": false' in page or '"telemetryEnabled":false' in page
        assert served.ask("{ shouldShowNux }") == {"shouldShowNux": False}
    assert {path.name for path in copy.iterdir()} - set(TOP) - EMPTY == {"var"}
    assert [path for name in EMPTY if (copy / name).exists() for path in (copy / name).iterdir()] == []
    assert (copy / "var" / "dagster" / "storage").is_dir()
    assert not (tmp_path / ".dagster" / ".telemetry").exists()
