"""An itslearning, as a practice LMS: its data warehouse over OData, read only, for an administrator.

The address is `/odata/<site>`: a service document, `$metadata`, and the entity sets of `itslearning_entities`.
A page holds 10,000 rows, whatever $top asks; of an entity set only the newest 2,000,000 rows can be reached;
sets with a DateId give the last 30 days unless a filter names it. Options of addresses are `itslearning_query`,
answers `itslearning_render`, and `itslearning_fill` fills it.

Source: developer.itslearning.com Best_Practice_for_Accessing_OData.html,
How-to-Access-the-Data-Warehouse-via-OData.html, read 2026-11. That it answers in JSON too is assumed.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlencode

from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.itslearning_entities import ENTITY_SETS, MODIFIED, EntitySet
from gradeflow.sandbox.itslearning_fill import (
    COMPLETED,
    EXCUSED,
    SUBMITTED,
    document,
    fill_warehouse,
)
from gradeflow.sandbox.itslearning_numbers import item_id, write_bridge
from gradeflow.sandbox.itslearning_query import Query, QueryError, comparable, parse_query
from gradeflow.sandbox.itslearning_render import Form, Rows, metadata, refusal, rendered, service_document
from gradeflow.sandbox.practice import Practice, Secret, ServerSpec
from gradeflow.sandbox.school import School
from gradeflow.sandbox.store import Store
from gradeflow.sandbox.wire import Answer, AnsweredError, Call, EditError, Endpoint

USER = "sandbox-admin"
PAGE, REACHABLE = 10_000, 2_000_000
WINDOW = dt.timedelta(days=30)
EDITS = '{"entity", "match", "set"} (set null: removed), {"entity", "add"} or {"page", "reachable", "serves"}'


class ItslearningServer:
    """One practice itslearning."""

    def __init__(self, store: Store, clock: Clock, *, site: str, password: str) -> None:
        self.store = store
        self.clock = clock
        self.base_path = f"/odata/{site}"
        self._password = password
        clock.stamp_after(_latest(store))

    def endpoints(self) -> list[Endpoint]:
        """Give the table of routes, the busiest first."""
        return [
            Endpoint("GET", f"{self.base_path}/{{resource}}", self._resource),
            Endpoint("GET", f"{self.base_path}/", self._service),
            Endpoint("GET", self.base_path, self._service),
        ]

    def edit(self, edit: Mapping[str, Any]) -> None:
        """Change the warehouse as its next load would, or how it serves.

        `{"entity": "UserGrades", "match": {column: value}, "set": {column: value}}` changes the rows that match
        (`"set": null` removes them), `{"entity", "add": {every column}}` adds one; both stamp T_ModifiedDate.
        `{"page": 3, "reachable": 10, "serves": "atom"}` makes pages and reach small, and JSON unknown.
        """
        if "add" in edit and set(edit) == {"entity", "add"}:
            self._put(_entity(edit["entity"]), dict(edit["add"]))
        elif set(edit) == {"entity", "match", "set"}:
            self._change(_entity(edit["entity"]), edit["match"], edit["set"])
        elif edit and set(edit) <= {"page", "reachable", "serves"}:
            for name, value in edit.items():
                self.store.set_setting(name, str(value))
        else:
            msg = f"an edit is {EDITS}"
            raise EditError(msg)

    def expire_tokens(self) -> None:
        """Nothing to forget: a password is one until it is changed."""

    def no_route(self, path: str) -> Answer:
        """Answer for an address that the service does not have."""
        return refusal(404, "No HTTP resource was found that matches the request URI.", "atom")

    def _put(self, entity: EntitySet, row: dict[str, Any]) -> None:
        if MODIFIED in entity.columns:
            row[MODIFIED] = _naive(self.clock.stamp())
        if set(row) != set(entity.columns):
            msg = f"a row of {entity.name} has the columns {', '.join(entity.columns)}"
            raise EditError(msg)
        self.store.put(document(entity.name, {name: row[name] for name in entity.columns}))

    def _change(self, entity: EntitySet, match: Mapping[str, Any], values: Mapping[str, Any] | None) -> None:
        unknown = sorted((set(match) | set(values or {})) - set(entity.columns))
        if unknown:
            msg = f"{entity.name} has no column {', '.join(unknown)}; allowed: {', '.join(entity.columns)}"
            raise EditError(msg)
        rows = self.store.documents(entity.name)
        found = [row for row in rows if all(row[name] == value for name, value in match.items())]
        if not found:
            msg = f"no row of {entity.name} matches {dict(match)}"
            raise EditError(msg)
        for row in found:
            if values is None:
                self.store.delete(entity.name, document(entity.name, row).id)
            else:
                self._put(entity, row | dict(values))

    def _service(self, call: Call) -> Answer:
        form = self._form(call)
        self._authorize(call, form)
        return service_document(f"{call.origin}{self.base_path}", form)

    def _resource(self, call: Call) -> Answer:
        form = self._form(call)
        self._authorize(call, form)
        name = call.params["resource"]
        if name == "$metadata":
            return metadata()
        entity = ENTITY_SETS.get(name)
        if entity is None:
            return refusal(404, f"Resource not found for the segment '{name}'.", form)
        try:
            query = parse_query(entity, dict(call.query))
        except QueryError as error:
            return refusal(400, str(error), form)
        updated = self.clock.now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return rendered(self._page(call, entity, query), form, updated)

    def _page(self, call: Call, entity: EntitySet, query: Query) -> Rows:
        found, total = self._found(entity, query)
        size = int(self.store.setting("page") or PAGE)
        left = min(total - query.skip, total if query.top is None else query.top)
        following = None
        if left > size:
            options = {name: text for name, text in call.query.items() if name not in {"$skip", "$top"}}
            options |= {} if query.top is None else {"$top": str(query.top - size)}
            options["$skip"] = str(query.skip + size)
            following = f"{call.origin}{call.path}?{urlencode(options, quote_via=quote, safe='$')}"
        return Rows(
            entity=entity,
            base=f"{call.origin}{self.base_path}",
            columns=query.select or tuple(entity.columns),
            rows=found(query.skip, max(0, min(left, size))),
            following=following,
            count=total if query.wants_count else None,
        )

    def _found(self, entity: EntitySet, query: Query) -> tuple[Any, int]:
        """Give how to cut out of what a query finds, and how much it finds."""
        count = self.store.count(entity.name)
        lost = max(0, count - int(self.store.setting("reachable") or REACHABLE))
        is_windowed = entity.has_window and not query.names_date
        if query.test is None and not query.order and not is_windowed:
            # Without reading what is not asked for: a warehouse is large, and a page small
            def cut(skip: int, size: int) -> list[dict[str, Any]]:
                texts = self.store.texts(entity.name, limit=size, offset=lost + skip)
                return [json.loads(text) for text in texts]

            return cut, count - lost
        rows = self.store.documents(entity.name)[lost:]
        if is_windowed:
            since = int((self.clock.now() - WINDOW).strftime("%Y%m%d"))
            rows = [row for row in rows if row["DateId"] > since]
        if query.test is not None:
            rows = [row for row in rows if query.test(row)]
        for column, is_descending in reversed(query.order):
            rows.sort(key=lambda row: _rank(row[column]), reverse=is_descending)
        return (lambda skip, size: rows[skip : skip + size]), len(rows)

    def _form(self, call: Call) -> Form:
        if self.store.setting("serves") == "atom":
            return "atom"
        accept = {"json": "application/json"}.get(
            call.query.get("$format", ""), call.headers.get("accept", "")
        )
        if "application/json" not in accept:
            return "atom"
        oldest = call.headers.get("maxdataserviceversion", "3.0")
        return "verbose" if "odata=verbose" in accept or oldest.startswith(("1.", "2.")) else "light"

    def _authorize(self, call: Call, form: Form) -> None:
        scheme, _, code = call.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(code, validate=True) if scheme.lower() == "basic" else b""
        except (binascii.Error, ValueError):
            given = b""
        if hmac.compare_digest(given, f"{USER}:{self._password}".encode()):
            return
        answer = refusal(401, "Authorization has been denied for this request.", form)
        challenge = {"WWW-Authenticate": 'Basic realm="reporting"'}
        raise AnsweredError(Answer(401, answer.body, challenge, answer.media_type))


def _entity(name: Any) -> EntitySet:
    if name not in ENTITY_SETS:
        msg = f"no entity set {name!r}; allowed: {', '.join(ENTITY_SETS)}"
        raise EditError(msg)
    return ENTITY_SETS[name]


def _rank(value: Any) -> tuple[bool, Any]:
    return value is not None, comparable(value) if value is not None else 0


def _naive(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")


def _latest(store: Store) -> str | None:
    text = store.latest(MODIFIED)
    return None if text is None else f"{text}+00:00"


def _fill(spec: ServerSpec, school: School, clock: Clock) -> None:
    with closing(spec.store()) as store:
        fill_warehouse(store, school, clock.now())
    write_bridge(spec.drop, school)


def _settings(spec: ServerSpec) -> dict[str, Any]:
    return {
        "base_url": f"{spec.origin}/odata/{spec.district}",
        "user": USER,
        "password": Secret("password"),
        "bridge": spec.drop,
        "statuses": {str(COMPLETED): "graded", str(SUBMITTED): "submitted", str(EXCUSED): "excused"},
    }


PRACTICES = (
    Practice(
        kind="itslearning",
        side="lms",
        label="itslearning",
        secrets=("password",),
        settings=_settings,
        fill=_fill,
        serve=lambda spec, clock: ItslearningServer(
            spec.store(), clock, site=spec.district, password=spec.secrets["password"]
        ),
        item_id=item_id,
    ),
)
