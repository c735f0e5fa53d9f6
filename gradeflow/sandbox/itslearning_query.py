"""The query options of a practice data warehouse: $filter, $orderby, $skip, $top and $select.

Of $filter the operators eq, ne, gt, ge, lt and le, joined by and, or and not, with parentheses, on columns and
on `Date/DateId`; of its functions none. That is what the public pages show.

Source: OData 3.0 URL conventions (sections 5.1.1 to 5.1.6), developer.itslearning.com
Best_Practice_for_Accessing_OData.html, read 2026-11.
"""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gradeflow.sandbox.itslearning_entities import BIG, DOUBLE, FLAG, INT, TEXT, TIME, EntitySet

Row = Mapping[str, Any]
Test = Callable[[Row], bool]
OPTIONS = ("$filter", "$orderby", "$skip", "$top", "$select", "$format", "$inlinecount")
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_TOKEN = re.compile(r"\s*(\(|\)|[A-Za-z]*'(?:[^']|'')*'|[^\s()]+)")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?[dDmMLf]?")


_PYTHON: dict[str, type] = {
    **dict.fromkeys((INT, BIG, DOUBLE), Decimal),
    TEXT: str,
    TIME: dt.datetime,
    FLAG: bool,
}


class QueryError(Exception):
    """A query option that cannot be followed; the message is the server's answer."""


@dataclass(frozen=True, slots=True)
class Query:
    """What one address asks of an entity set."""

    test: Test | None
    names_date: bool
    order: tuple[tuple[str, bool], ...]  # column, whether descending
    skip: int
    top: int | None
    select: tuple[str, ...]
    wants_count: bool


def parse_query(entity: EntitySet, options: Mapping[str, str]) -> Query:
    """Read the query options of an address.

    Raises:
        QueryError: an option, column or value is not understood.
    """
    unknown = [name for name in options if name.startswith("$") and name not in OPTIONS]
    if unknown:
        msg = f"The query parameter '{unknown[0]}' is not supported."
        raise QueryError(msg)
    text = options.get("$filter", "")
    select = tuple(part.strip() for part in options.get("$select", "").split(",") if part.strip())
    for column in select:
        _known(entity, column)
    return Query(
        test=_Parser(entity, text).whole() if text.strip() else None,
        names_date="DateId" in text,
        order=tuple(
            _ordering(entity, part) for part in options.get("$orderby", "").split(",") if part.strip()
        ),
        skip=_count(options, "$skip") or 0,
        top=_count(options, "$top"),
        select=() if select == ("*",) else select,
        wants_count=options.get("$inlinecount") == "allpages",
    )


def comparable(value: Any) -> Any:
    """Make a stored value comparable: instants as instants, whatever their number of digits."""
    if isinstance(value, str):
        try:
            return dt.datetime.fromisoformat(value)
        except ValueError:
            return value
    return value


def _ordering(entity: EntitySet, part: str) -> tuple[str, bool]:
    column, _, direction = part.strip().partition(" ")
    if direction.strip() not in {"", "asc", "desc"}:
        msg = f"Syntax error in $orderby near '{direction.strip()}'."
        raise QueryError(msg)
    return _known(entity, column), direction.strip() == "desc"


def _count(options: Mapping[str, str], name: str) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        msg = f"Invalid value '{text}' for {name} query option found."
        raise QueryError(msg)
    return int(text)


def _known(entity: EntitySet, column: str) -> str:
    column = column.removeprefix("Date/")
    if column != "*" and column not in entity.columns:
        msg = f"Could not find a property named '{column}' on type '{entity.type}'."
        raise QueryError(msg)
    return column


class _Parser:
    """A $filter, from left to right: or binds least, then and, then not."""

    def __init__(self, entity: EntitySet, text: str) -> None:
        self._entity = entity
        self._tokens = _TOKEN.findall(text)
        self._at = 0

    def whole(self) -> Test:
        test = self._either()
        if self._at != len(self._tokens):
            raise self._error()
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self._took("or"):
            tests.append(self._both())
        return lambda row: any(test(row) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._took("and"):
            tests.append(self._one())
        return lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._took("not"):
            test = self._one()
            return lambda row: not test(row)
        if self._took("("):
            test = self._either()
            if not self._took(")"):
                raise self._error()
            return test
        column = _known(self._entity, self._next())
        compare = _OPERATORS.get(self._next())
        if compare is None:
            raise self._error()
        return self._comparison(column, compare, self._value(self._next()))

    def _comparison(self, column: str, compare: Callable[[Any, Any], bool], wanted: Any) -> Test:
        kind = self._entity.type_of(column)
        if wanted is not None and not isinstance(wanted, _PYTHON[kind]):
            msg = f"'{column}' is compared with a value that is no {kind}."
            raise QueryError(msg)

        def test(row: Row) -> bool:
            value = comparable(row[column]) if kind == TIME else row[column]
            if value is None or wanted is None:
                return compare in {operator.eq, operator.ne} and compare(value, wanted)
            return compare(Decimal(str(value)) if kind == DOUBLE else value, wanted)

        return test

    def _value(self, token: str) -> Any:
        prefix, _, rest = token.partition("'")
        if rest:
            text = rest[:-1].replace("''", "'")
            if not prefix:
                return text
            if prefix.lower() == "datetime":
                try:
                    return dt.datetime.fromisoformat(text)
                except ValueError:
                    pass
        elif token in {"true", "false", "null"}:
            return {"true": True, "false": False, "null": None}[token]
        elif _NUMBER.fullmatch(token):
            return Decimal(token.rstrip("dDmMLf"))
        raise self._error()

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise self._error()
        self._at += 1
        token: str = self._tokens[self._at - 1]
        return token

    def _took(self, token: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == token:
            self._at += 1
            return True
        return False

    def _error(self) -> QueryError:
        return QueryError(f"Syntax error at position {self._at} in $filter.")
