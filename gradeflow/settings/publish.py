"""Publishing the drafts of a category map: the files rewritten so that each draft stands in place of its row.

Only rows change. Everything else of a district file, comments too, stays byte for byte; a file in which that cannot be
done is refused, and what was rewritten is read back and compared before anything is written.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from gradeflow.errors import ConfigError, Place
from gradeflow.model.district import CategoryRow
from gradeflow.model.district_tables import table_rows
from gradeflow.settings.district_file import DistrictFile, checked_district
from gradeflow.settings.located import parse_yaml

DRAFT, PUBLISHED = "draft", "published"
Scope = tuple[str | None, str | None, str | None]  # LMS category, section, item
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing a map changes.

    Attributes:
        texts: the new content of each file that changes.
        published: how many drafts become rows that runs go by.
        replaced: how many rows they take the place of.
    """

    texts: Mapping[Path, str]
    published: int
    replaced: int

    def write(self) -> None:
        """Replace the files, each at once."""
        for path, text in self.texts.items():
            beside = path.with_name(f".{path.name}.new")
            with beside.open("w", encoding="utf-8", newline="") as lines:
                lines.write(text)
            beside.chmod(path.stat().st_mode)
            beside.replace(path)


def publication(file: DistrictFile) -> Publication:
    """Work out what publishing all drafts of a district's map changes; nothing is written.

    Raises:
        ConfigError: the file is written so that its rows cannot be changed one by one.
    """
    rows = file.district.passback.categories
    drafts = {_scope(row) for row in rows if row.state == DRAFT}
    texts = {}
    if drafts:
        named = _named_table(file)
        texts[file.path] = _with_yaml_published(_text(file.path), file.path, drafts)
        if named is not None:
            texts[named] = _with_csv_published(_text(named), named, drafts)
    replaced = sum(row.state == PUBLISHED and _scope(row) in drafts for row in rows)
    changed = {path: text for path, text in texts.items() if text != _text(path)}
    return Publication(_compared(file, changed), len(drafts), replaced)


def _scope(row: CategoryRow) -> Scope:
    return row.lms, row.section, row.item


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _named_table(file: DistrictFile) -> Path | None:
    data, _ = parse_yaml(_text(file.path))
    given = data["passback"]["categories"]
    return file.home / str(given["file"]) if isinstance(given, Mapping) else None


def _with_yaml_published(text: str, path: Path, drafts: Collection[Scope]) -> str:
    """Change the rows that stand in the district file itself."""
    sequence = _rows_node(text)
    if sequence is None:
        return text
    edits: list[tuple[Span, str]] = []
    given = parse_yaml(text)[0]["passback"]["categories"]
    given = given["rows"] if isinstance(given, Mapping) else given
    for node, row in zip(sequence.value, map(CategoryRow.model_validate, given), strict=True):
        if _scope(row) not in drafts:
            continue
        if row.state == DRAFT:
            mark = next(value for key, value in node.value if key.value == "state")
            edits.append(((mark.start_mark.index, mark.end_mark.index), PUBLISHED))
        elif sequence.flow_style:
            raise ConfigError(
                "a draft takes the place of a row here; write the rows of the map one below the other first",
                place=Place(path, node.start_mark.line + 1, "passback.categories"),
            )
        else:
            edits.append((_lines_of(text, node), ""))
    for (start, end), new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _rows_node(text: str) -> yaml.SequenceNode | None:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    for key in ("passback", "categories"):
        node = _below(node, key)
    found = node if isinstance(node, yaml.SequenceNode) else _below(node, "rows")
    return found if isinstance(found, yaml.SequenceNode) else None


def _below(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)


def _lines_of(text: str, row: yaml.MappingNode) -> Span:
    """Give the span of the lines that a row of a block list stands on, its dash included."""
    last = max(value.end_mark.index for pair in row.value for value in pair)
    if row.flow_style:
        last = row.end_mark.index
    line_end = text.find("\n", last)
    return text.rfind("\n", 0, row.start_mark.index) + 1, len(text) if line_end < 0 else line_end + 1


def _with_csv_published(text: str, path: Path, drafts: Collection[Scope]) -> str:
    """Change the rows of a table, line by line."""
    bom, ending = ("\ufeff" if text.startswith("\ufeff") else ""), ("\r\n" if "\r\n" in text else "\n")
    reader = csv.DictReader(io.StringIO(text.removeprefix(bom), newline=""), strict=True)
    names = list(reader.fieldnames or ())
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator=ending)
    writer.writeheader()
    for cells in reader:
        (row,) = table_rows("categories", _as_table(names, cells), path) or (None,)
        if isinstance(row, CategoryRow) and _scope(row) in drafts:
            if row.state == PUBLISHED:
                continue
            cells["state"] = PUBLISHED
        writer.writerow(cells)
    return bom + out.getvalue()


def _as_table(names: list[str], cells: Mapping[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    writer.writerow(cells)
    return out.getvalue()


def _compared(file: DistrictFile, texts: Mapping[Path, str]) -> Mapping[Path, str]:
    """Read what would be written, and hold it against what is meant.

    Raises:
        ConfigError: it says something else.
    """
    told = file.district.passback.categories
    drafts = {_scope(row) for row in told if row.state == DRAFT}
    meant = [
        row.model_copy(update={"state": PUBLISHED})
        for row in told
        if row.state == DRAFT or _scope(row) not in drafts
    ]
    data, lines = parse_yaml(texts.get(file.path) or _text(file.path))
    passback = data.get("passback") or {}
    named = _named_table(file) if drafts else None
    rows_are_gone = False
    if named is not None:
        given = passback["categories"]
        rows_are_gone = "rows" in given and not given["rows"]
        rows = table_rows("categories", texts.get(named) or _text(named), named)
        passback = {**passback, "categories": [*(given.get("rows") or []), *rows]}
    found, _ = checked_district({**data, "passback": passback}, file.path, lines, file.home)
    if rows_are_gone or list(found.passback.categories) != meant:
        raise ConfigError(
            "the rows of the map cannot be changed one by one as they stand; set their state by hand",
            place=Place(file.path, key="passback.categories"),
        )
    return texts
