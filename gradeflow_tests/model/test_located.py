"""YAML as it is read: by whom, and how often."""

from __future__ import annotations

from pathlib import Path

from gradeflow.settings import parse_yaml, read_yaml

TEXT = "passback:\n  sections: [m9-01]\n"


def test_what_one_reader_changes_no_other_reader_of_the_same_text_sees(tmp_path: Path) -> None:
    file = tmp_path / "lincoln.yaml"
    file.write_text(TEXT)
    for content, lines in (read_yaml(file), parse_yaml(TEXT)):
        assert content == {"passback": {"sections": ["m9-01"]}}
        assert lines["passback", "sections"] == 2
        content["passback"]["sections"].append("nowhere")
    assert read_yaml(file)[0] == {"passback": {"sections": ["m9-01"]}}
