"""The tables that a district file may keep in a CSV: the category map and the dated teacher group.

| key | columns |
|---|---|
| categories | lms, sis; section, item, state (published or draft). An empty sis: do not send |
| teachers | teacher; added, removed (the first day no longer in the group), each YYYY-MM-DD |

The first line names the columns. Everything is text as it stands there: leading zeros count, and so do blanks in the
names of categories; an id that begins or ends with one is refused.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from gradeflow.errors import ConfigError, Place
from gradeflow.model.district import CategoryRow, Strict, TeacherMembership

TABLES: Mapping[str, tuple[type[Strict], frozenset[str]]] = {
    "categories": (CategoryRow, frozenset({"lms", "sis"})),
    "teachers": (TeacherMembership, frozenset({"teacher"})),
}
IDS = {"teacher", "section", "item"}


@lru_cache(maxsize=256)
def table_rows(key: str, text: str, path: Path) -> tuple[Strict, ...]:
    """Read the rows of one table.

    Args:
        key: of TABLES.
        text: the CSV's content.
        path: where it lies, for messages.

    Raises:
        ConfigError: with file, line and column; never with a cell's content.
    """
    model, needed = TABLES[key]
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        _check_columns(reader.fieldnames or (), model, needed, path)
        placed = [
            (_row(model, row, path, reader.line_num), reader.line_num) for row in reader if any(row.values())
        ]
    except csv.Error as error:
        raise ConfigError(f"this is no CSV: {error}", place=Place(path, reader.line_num)) from None
    _check_scopes(placed, path)
    return tuple(row for row, _ in placed)


def _check_scopes(placed: Iterable[tuple[Strict, int]], path: Path) -> None:
    """Refuse a second row about the same here, where its line is known."""
    seen: set[tuple[str | None, ...]] = set()
    for row, line in placed:
        if not isinstance(row, CategoryRow):
            continue
        if row.scope in seen:
            raise ConfigError(row.said_twice, place=Place(path, line))
        seen.add(row.scope)


def _check_columns(names: object, model: type[Strict], needed: frozenset[str], path: Path) -> None:
    columns = list(names) if isinstance(names, (list, tuple)) else []
    known = ", ".join(model.model_fields)
    for name in columns:
        if name not in model.model_fields or columns.count(name) > 1:
            raise ConfigError(
                "this column is not known, or stands here twice", place=Place(path, 1, name), allowed=known
            )
    if missing := sorted(needed - set(columns)):
        message = f"the first line names no column {', '.join(missing)}"
        raise ConfigError(message, place=Place(path, 1), allowed=known)


def _row(model: type[Strict], row: dict[str, str | None], path: Path, line: int) -> Strict:
    if None in row:
        raise ConfigError("this line has more cells than the first one names", place=Place(path, line))
    given: dict[str, str | None]
    given = {name: value for name, value in row.items() if value is not None and value.strip()}
    for name in IDS & given.keys():
        if (
            given[name] != str(given[name]).strip()
        ):  # it would match nobody, and all that it names would be skipped
            place = Place(path, line, name)
            raise ConfigError("this id begins or ends with a blank; take the blank out", place=place)
    if "sis" in row:
        given.setdefault("sis", None)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    column = ".".join(map(str, first["loc"])) or None
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        message = "this cell is empty"
    raise ConfigError(message, place=Place(path, line, column))
