"""Edits of a OneRoster provider from outside: what the office, a teacher or the vendor does, past every refusal.

| edit | does |
|---|---|
| `{"collection", "sourcedId", "set": {...}}` | changes fields of an object; creates one that is unknown |
| `{"collection", "sourcedId", "set": null}` | removes an object |
| `{"setting": "server_ids", "value": "on"}` | the provider allocates ids from now on; `off`: the caller chooses |
| `{"setting": "load_balancer", "value": "on"}` | a token counts only with the cookie that came with it; `off`: alone |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradeflow.sandbox.oneroster_guard import LOAD_BALANCER
from gradeflow.sandbox.oneroster_versions import STORED
from gradeflow.sandbox.oneroster_writes import SERVER_IDS, Writer
from gradeflow.sandbox.wire import AnsweredError, EditError

SETTINGS: Mapping[str, tuple[str, ...]] = {SERVER_IDS: ("on", "off"), LOAD_BALANCER: ("on", "off")}


def change(writer: Writer, edit: Mapping[str, Any]) -> None:
    """Do one edit.

    Raises:
        EditError: an unknown collection, key, field, object or setting.
    """
    if set(edit) == {"setting", "value"}:
        _set(writer, edit)
        return
    if set(edit) != {"collection", "sourcedId", "set"}:
        msg = "an edit has exactly the keys collection, sourcedId, set, or setting, value"
        raise EditError(msg)
    collection = STORED.get(edit["collection"])
    if collection is None:
        msg = f"no collection {edit['collection']!r}; allowed: {', '.join(STORED)}"
        raise EditError(msg)
    key, changes = str(edit["sourcedId"]), edit["set"]
    if changes is None:
        if not writer.delete(collection, key):
            msg = f"there is no {collection.one} {key}"
            raise EditError(msg)
        return
    unknown_fields = sorted(set(changes) - set(collection.fields))
    if unknown_fields:
        allowed = ", ".join(collection.fields)
        msg = f"{collection.one} has no {', '.join(unknown_fields)}; allowed: {allowed}"
        raise EditError(msg)
    before = writer.store.get(collection.many, key) or {}
    try:
        writer.store_object(collection, key, {**before, **changes})
    except AnsweredError as error:
        raise EditError(error.answer.body["imsx_description"]) from error


def _set(writer: Writer, edit: Mapping[str, Any]) -> None:
    name, value = edit["setting"], edit["value"]
    if value not in SETTINGS.get(name, ()):
        allowed = "; ".join(f"{known}: {', '.join(values)}" for known, values in SETTINGS.items())
        msg = f"no setting {name!r} with value {value!r}; allowed: {allowed}"
        raise EditError(msg)
    writer.store.set_setting(name, value)
