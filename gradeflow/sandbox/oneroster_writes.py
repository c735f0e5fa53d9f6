"""Stores what is written to a OneRoster provider: one object, or a batch as a whole or not at all.

What may be stored is `oneroster_checks` and `oneroster_refusals`; what changes on the way is
`oneroster_alterations`. A provider that allocates ids (setting `server_ids`) stores what is new under an id of
its own and answers with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.sandbox.clock import Clock, utc_text
from gradeflow.sandbox.oneroster_alterations import altered
from gradeflow.sandbox.oneroster_checks import Checks
from gradeflow.sandbox.oneroster_objects import REFERENCES, Collection, invalid, reference, referred
from gradeflow.sandbox.oneroster_versions import Object, Version
from gradeflow.sandbox.store import Document, Store
from gradeflow.sandbox.wire import Call

SERVER_IDS = "server_ids"
_LAST_ID = "last_id"

_LOOKUPS: Mapping[str, Callable[[Mapping[str, Any]], tuple[str | None, ...]]] = {
    "orgs": lambda o: (o.get("type"), None, None),
    "academicSessions": lambda o: (o.get("type"), referred(o.get("parent")), None),
    "courses": lambda o: (referred(o.get("org")), None, None),
    "classes": lambda o: (
        referred(o.get("course")),
        referred(o.get("school")),
        referred((o.get("terms") or [None])[0]),
    ),
    "users": lambda o: (o.get("role"), None, None),
    "enrollments": lambda o: (
        referred(o.get("class")),
        referred(o.get("user")),
        referred(o.get("school")),
    ),
    "categories": lambda o: ((o.get("metadata") or {}).get("classId"), None, None),
    "lineItems": lambda o: (referred(o.get("class")), None, None),
}


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes into one provider's store."""

    store: Store
    clock: Clock
    flavour: str
    zone: ZoneInfo
    base_url: str

    def put(self, version: Version, collection: Collection, call: Call) -> tuple[Object, bool]:
        """Check and store a wrapped object; give it as stored, and whether it is new.

        Raises:
            AnsweredError: 422, with the first thing that is wrong.
        """
        key, body = call.params["key"], call.json()
        sent = body.get(collection.one) if isinstance(body, dict) else None
        if not isinstance(sent, dict):
            raise invalid(f'the body must be {{"{collection.one}": {{...}}}}')
        if sent.get("sourcedId", key) != key:
            raise invalid("sourcedId differs from the one in the address")
        is_new = not self.store.has(collection.many, key)
        self._checks(version, call).check(collection.many, key, sent)
        if is_new and self.allocates_ids:
            key = self.new_id(collection)
        kept = altered(self.flavour, version.name, collection.many, sent)
        return self.store_object(collection, key, kept), is_new

    def create(
        self, version: Version, collection: Collection, call: Call, sent: Object, known: str | None = None
    ) -> str:
        """Check and store one object of a batch; give the id that it got.

        Args:
            known: the id of the object that it replaces, where it does.

        Raises:
            AnsweredError: 422, with the first thing that is wrong.
        """
        supplied = sent.get("sourcedId")
        is_free = isinstance(supplied, str) and not self.store.has(collection.many, supplied)
        key = supplied if is_free and not self.allocates_ids else None
        key = known or key or self.new_id(collection)
        self._checks(version, call).check(collection.many, key, sent)
        self.store_object(collection, key, altered(self.flavour, version.name, collection.many, sent))
        return key

    @property
    def allocates_ids(self) -> bool:
        """Whether the provider gives its own ids to what is new."""
        return self.store.setting(SERVER_IDS) == "on"

    def new_id(self, collection: Collection) -> str:
        """Allocate an id that nobody chose."""
        number = int(self.store.setting(_LAST_ID) or 700_000) + 1
        self.store.set_setting(_LAST_ID, str(number))
        return f"{collection.one}-{number}"

    def store_object(self, collection: Collection, key: str, sent: Mapping[str, Any]) -> Object:
        """Store an object under its lookup values, with a fresh `dateLastModified`.

        Raises:
            AnsweredError: 422: a result that leads to no line item cannot be found again.
        """
        kept = {field: self._completed(field, sent[field]) for field in collection.fields if field in sent}
        stamp = utc_text(self.clock.stamp())
        stored = {"status": "active", **kept, "sourcedId": key, "dateLastModified": stamp}
        self.store.put(Document(collection.many, key, stored, *self._lookups(collection.many, stored)))
        return stored

    def _lookups(self, name: str, stored: Object) -> tuple[str | None, ...]:
        if name == "results":
            item = self._line_item_of(stored)
            return item["sourcedId"], referred(stored.get("student")), item["class"]["sourcedId"]
        if name == "scoreScales":
            key = referred(stored.get("class"))
            section = self.store.get("classes", key) if key else None
            return key, referred((section or {}).get("school")), None
        return _LOOKUPS[name](stored)

    def _line_item_of(self, stored: Object) -> Object:
        key = referred(stored.get("lineItem"))
        item = self.store.get("lineItems", key) if key else None
        if item is None:
            raise invalid("lineItem refers to nothing")
        return item

    def _completed(self, field: str, value: Any) -> Any:
        """Complete a reference that came as a bare sourcedId."""
        kind, key = REFERENCES.get(field), referred(value)
        if kind is None or key is None:
            return value
        return {**reference(self.base_url, kind, key), **value}

    def delete(self, collection: Collection, key: str) -> bool:
        """Remove an object; a line item takes its results with it."""
        if collection.many == "lineItems":
            self.store.delete_where("results", {"a": key})
        is_gone = self.store.delete(collection.many, key)
        if is_gone:
            self.store.put(Document("deleted", f"{collection.many}/{key}", {}))
        return is_gone

    def _checks(self, version: Version, call: Call) -> Checks:
        today = self.clock.now().astimezone(self.zone).date()
        return Checks(self.store, self.flavour, version.name, today, self.zone, call.altered)
