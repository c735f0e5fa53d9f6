"""Paging, filter, sort and field selection of OneRoster collections.

Source: OneRoster 1.1: `limit` (100) and `offset`, `X-Total-Count`, `Link`; `filter` with at most one AND or
OR, quotes in values doubled, fields reached by dots, a list equal to the same values in any order; `sort` and
`orderBy`; `fields`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from gradeflow.sandbox.oneroster_objects import Collection, status
from gradeflow.sandbox.wire import AnsweredError, Call

DEFAULT_LIMIT = 100
_TERM = r"\s*([A-Za-z.]+)\s*(!=|>=|<=|=|>|<|~)\s*'((?:[^']|'')*)'\s*"
_FILTER = re.compile(f"{_TERM}(?:(AND|OR){_TERM})?")

Comparison = Callable[[Any, Any], bool]
_COMPARISONS: Mapping[str, Comparison] = {
    "=": lambda have, want: bool(have == want),
    "!=": lambda have, want: bool(have != want),
    ">": lambda have, want: bool(have > want),
    ">=": lambda have, want: bool(have >= want),
    "<": lambda have, want: bool(have < want),
    "<=": lambda have, want: bool(have <= want),
}


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a collection was asked for."""

    limit: int
    offset: int

    def headers(self, call: Call, total: int) -> dict[str, str]:
        """Give `X-Total-Count` and `Link` for this page of `total` objects."""
        last = max(0, (total - 1) // self.limit * self.limit)
        starts = {"first": 0, "last": last}
        if self.offset + self.limit < total:
            starts["next"] = self.offset + self.limit
        if self.offset > 0:
            starts["prev"] = max(0, self.offset - self.limit)
        query = [(name, value) for name, value in call.query.multi_items() if name not in {"limit", "offset"}]
        links = []
        for rel, offset in starts.items():
            text = urlencode([*query, ("limit", self.limit), ("offset", offset)])
            links.append(f'<{call.origin}{call.path}?{text}>; rel="{rel}"')
        return {"X-Total-Count": str(total), "Link": ", ".join(links)}


def page_of(call: Call) -> Page:
    """Read `limit` and `offset`.

    Raises:
        AnsweredError: 400 where they are no numbers.
    """
    try:
        page = Page(int(call.query.get("limit", DEFAULT_LIMIT)), int(call.query.get("offset", 0)))
    except ValueError:
        page = Page(0, 0)
    if page.limit < 1 or page.offset < 0:
        answer = status(400, "invalid data", "limit is a whole number from 1, offset from 0")
        raise AnsweredError(answer)
    return page


def is_plain(call: Call) -> bool:
    """Tell whether a call wants whole objects in the given order."""
    return not any(name in call.query for name in ("filter", "sort", "orderBy", "fields"))


def selected(call: Call, collection: Collection, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Apply `filter` and `sort`.

    Raises:
        AnsweredError: 400 with the minor code that 1.1 names for it.
    """
    if "filter" in call.query:
        keep = _predicate(call.query["filter"], collection)
        objects = [found for found in objects if keep(found)]
    field = call.query.get("sort")
    if field is not None:
        _known(field, collection, "invalid_sort_field")
        objects = sorted(objects, key=lambda found: _sortable(_value(found, field)))
        order = call.query.get("orderBy", "asc")
        if order not in {"asc", "desc"}:
            raise AnsweredError(status(400, "invalid_sort_field", "orderBy is asc or desc"))
        if order == "desc":
            objects.reverse()
    return objects


def trimmed(call: Call, collection: Collection, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Apply `fields`.

    Raises:
        AnsweredError: 400 where a field is unknown or none is named.
    """
    if "fields" not in call.query:
        return objects
    fields = [field.strip() for field in call.query["fields"].split(",") if field.strip()]
    if not fields:
        raise AnsweredError(status(400, "invalid_blank_selection_field", "fields names nothing"))
    for field in fields:
        _known(field, collection, "invalid_selection_field")
    return [{field: found[field] for field in fields if field in found} for found in objects]


def _predicate(text: str, collection: Collection) -> Callable[[dict[str, Any]], bool]:
    match = _FILTER.fullmatch(text)
    if match is None:
        answer = status(
            400, "invalid_filter_field", "filter is: field operator 'value', at most one AND or OR"
        )
        raise AnsweredError(answer)
    first = _term(match[1], match[2], match[3], collection)
    if match[4] is None:
        return first
    second = _term(match[5], match[6], match[7], collection)
    if match[4] == "AND":
        return lambda found: first(found) and second(found)
    return lambda found: first(found) or second(found)


def _term(field: str, operator: str, quoted: str, collection: Collection) -> Callable[[dict[str, Any]], bool]:
    _known(field.split(".", maxsplit=1)[0], collection, "invalid_filter_field")
    want = quoted.replace("''", "'")
    if operator == "~":
        return lambda found: want.lower() in _joined(_value(found, field)).lower()
    compare = _COMPARISONS[operator]

    def holds(found: dict[str, Any]) -> bool:
        have = _value(found, field)
        if isinstance(have, list):
            return compare(sorted(map(str, have)), sorted(want.split(",")))
        if isinstance(have, int | float):
            return _is_number(want) and compare(float(have), float(want))
        return compare("" if have is None else str(have), want)

    return holds


def _known(field: str, collection: Collection, minor: str) -> None:
    if field.split(".", maxsplit=1)[0] not in collection.fields:
        answer = status(400, minor, f"{collection.one} has no field {field}")
        raise AnsweredError(answer)


def _value(found: Mapping[str, Any], field: str) -> Any:
    value: Any = found
    for part in field.split("."):
        if isinstance(value, list):
            value = [one.get(part) for one in value if isinstance(one, Mapping)]
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _joined(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def _sortable(value: Any) -> tuple[bool, float, str]:
    if isinstance(value, int | float):
        return True, float(value), ""
    return value is not None, 0.0, "" if value is None else str(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
