"""How words are laid out for a person."""

from __future__ import annotations

import pytest
from rich.console import Console
from rich.text import Text

from gradeflow.cli import output
from gradeflow.cli.output import print_indented

WORDS = ("a word and another",) * 12


def test_a_long_text_stays_in_its_column_and_ends_no_line_with_a_blank(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for width in range(40, 60):
        # rich takes COLUMNS once, when a console is made: whoever imported it first has chosen
        monkeypatch.setattr(output, "OUT", Console(width=width, highlight=False))
        print_indented(6, Text(" ".join(WORDS)), lead="12")
        first, *rest = capsys.readouterr().out.splitlines()
        assert first.startswith("  12  a word")
        assert len(rest) > 3
        assert all(line.startswith(" " * 6) and line[6] != " " for line in rest)
        assert [line for line in (first, *rest) if line != line.rstrip() or len(line) > width] == []
        assert " ".join((first, *rest)).split() == ["12", *" ".join(WORDS).split()]
