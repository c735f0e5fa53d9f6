"""The schema table interface of a practice PowerSchool: projection, queries, counts, pages of 100 rows at most.

Source: PowerSchool API "Schema", `/ws/schema/table/{table}` and `/count`: values are text, a row is wrapped in
`tables`, a query joins its terms by semicolons (modified FIQL), a field that was not granted is refused by name.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from gradeflow.sandbox.store import Store
from gradeflow.sandbox.wire import Answer, AnsweredError, Call

MAX_PAGE = 100
TABLES = (
    *("TERMS", "SECTIONS", "SECTIONTEACHER", "SCHOOLSTAFF", "USERS", "STUDENTS", "CC", "TEACHERCATEGORY"),
    "ASSIGNMENTSCORE",
)
_TERM = re.compile(r"([A-Za-z_.]+)(==|!=|=gt=|=ge=|=lt=|=le=)(.*)")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "=gt=": operator.gt,
    "=ge=": operator.ge,
    "=lt=": operator.lt,
    "=le=": operator.le,
}


def refused(status: int, message: str, **error: Any) -> AnsweredError:
    """Refuse as PowerSchool does: a message, and the errors with field and params."""
    body: dict[str, Any] = {"message": message}
    if error:
        body["errors"] = [error]
    return AnsweredError(Answer(status, body))


def require(store: Store, *columns: str) -> None:
    """Refuse a call for columns that the plugin's access_request does not name."""
    missing = [column for column in columns if store.setting(f"access {column.lower()}") == "none"]
    if missing:
        errors = [{"resource": one.partition(".")[0], "field": one, "code": "NoAccess"} for one in missing]
        answer = Answer(
            403, {"message": "Insufficient access to fields: " + ", ".join(missing), "errors": errors}
        )
        raise AnsweredError(answer)


def count(store: Store, call: Call) -> Answer:
    """Answer `/ws/schema/table/{table}/count`."""
    return Answer(200, {"count": len(_selected(store, call))})


def read(store: Store, call: Call) -> Answer:
    """Answer `/ws/schema/table/{table}`."""
    table = _table(call)
    wanted = [name.strip().lower() for name in call.query.get("projection", "").split(",") if name.strip()]
    if not wanted:
        raise refused(400, "A projection is required.", field="projection")
    rows = _selected(store, call)
    if wanted != ["*"]:
        known = {name for row in rows for name in row} or set(wanted)
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise refused(400, f"Unknown column {unknown[0]}", field=unknown[0])
        require(store, *(f"{table}.{name}" for name in wanted))
    size, page = int(call.query.get("pagesize", MAX_PAGE)), int(call.query.get("page", 1))
    if not 0 < size <= MAX_PAGE or page < 1:
        raise refused(400, f"pagesize must not be greater than {MAX_PAGE}", field="pagesize")
    sort = call.query.get("sort")
    if sort:
        rows.sort(key=lambda row: _comparable(row.get(sort.lower())))
    found = [
        {
            "id": index,
            "name": table.lower(),
            "tables": {table.lower(): {n: _text(row.get(n)) for n in (row if wanted == ["*"] else wanted)}},
        }
        for index, row in enumerate(rows[(page - 1) * size : page * size], start=(page - 1) * size + 1)
    ]
    return Answer(200, {"name": table, "record": found, "@extensions": ""})


def _table(call: Call) -> str:
    table = call.params["table"].upper()
    if table not in TABLES:
        raise refused(404, f"Table {call.params['table']} was not found.")
    return table


def _selected(store: Store, call: Call) -> list[dict[str, Any]]:
    table, query = _table(call), call.query.get("q")
    rows = store.documents(table)
    for term in query.split(";") if query else ():
        match = _TERM.fullmatch(term)
        if match is None:
            raise refused(400, "The query cannot be read.", field="q")
        name, compare, want = match[1].lower().rpartition(".")[2], _COMPARE[match[2]], match[3]
        rows = [row for row in rows if _holds(row.get(name), compare, want)]
    return rows


def _holds(have: Any, compare: Callable[[Any, Any], bool], want: str) -> bool:
    if have is None:
        return False
    if want.endswith("*") and compare in {operator.eq, operator.ne}:
        return compare((_text(have) or "").startswith(want[:-1]), True)
    left, right = _comparable(have), _comparable(want)
    return left[0] == right[0] and compare(left, right)


def _comparable(value: Any) -> tuple[bool, float, str]:
    text = _text(value) or ""
    try:
        return True, float(text), ""
    except ValueError:
        return False, 0.0, text


def _text(value: Any) -> str | None:
    """Write a value as the database gives it: text, and truth as 1 or 0."""
    if value is None:
        return None
    return str(int(value)) if isinstance(value, bool) else str(value)


def row_of(store: Store, table: str, key: str) -> dict[str, Any]:
    """Give one row.

    Raises:
        AnsweredError: there is none.
    """
    found = store.get(table, key)
    if found is None:
        raise refused(404, "Not Found")
    return found
