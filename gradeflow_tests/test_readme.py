"""The README is a promise: its commands are the ones that CI runs, and it names what there is."""

from __future__ import annotations

import re
from pathlib import Path

from typer import Context
from typer.main import get_command

from gradeflow.cli.main import APP, CommandsWhenAsked
from gradeflow.cli.main import COMMANDS as EVERY_COMMAND
from gradeflow.cli.routes import routes_markdown
from gradeflow.core.breakers import BREAKERS
from gradeflow.core.tally import ITEM_COUNTS
from gradeflow.defs.metadata import ASSETS

TOP = Path(__file__).parent.parent
README = (TOP / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python3 -m venv .*$", README, flags=re.MULTILINE)


def test_ci_calls_the_readmes_test_command_word_for_word() -> None:
    main_job, tests = COMMANDS
    assert "gradeflow demo" in main_job
    assert "pytest" in tests
    assert tests in (TOP / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_the_readme_names_every_command_asset_breaker_count_and_system() -> None:
    commands = list(EVERY_COMMAND)
    assert [name for name in commands if f"gradeflow {name}" not in README] == []
    words = [*ASSETS, *(name for name, _ in BREAKERS), *ITEM_COUNTS]
    assert [word for word in words if f"`{word}`" not in README] == []


def test_the_readme_carries_the_tables_of_gradeflow_routes() -> None:
    assert routes_markdown() in README


def test_the_options_that_the_readme_shows_exist() -> None:
    commands = "|".join(EVERY_COMMAND)
    shown = re.findall(rf"(?:gradeflow |`)({commands})\b([^`\n#]*)", README)
    options = [(name, word) for name, line in shown for word in re.findall(r"--[a-z-]+", line)]
    assert len(options) > len(EVERY_COMMAND)
    missing = [one for one in options if one[1] not in _options(one[0])]
    assert missing == []


def _options(command: str) -> set[str]:
    group = get_command(APP)
    assert isinstance(group, CommandsWhenAsked)
    found = group.get_command(Context(group), command)
    assert found is not None
    return {option for one in found.params for option in one.opts}
