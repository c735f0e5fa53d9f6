"""Checks and stores what is written to the practice SIS: the standard's own demands, then the flavour's.

Refused writes answer 422 with the flat status of 1.1; vendors' extra refusals are `oneroster_refusals`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.sandbox.clock import Clock, utc_text
from gradeflow.sandbox.oneroster_objects import SCORE_STATUSES, Collection, invalid, reference, referred
from gradeflow.sandbox.oneroster_refusals import (
    LINE_ITEM_REFUSALS,
    RESULT_REFUSALS,
    Refusal,
    Write,
    local_day,
    refused,
)
from gradeflow.sandbox.store import Document, Store

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


_REFERENCES = {
    "class": "class",
    "category": "category",
    "gradingPeriod": "academicSession",
    "lineItem": "lineItem",
    "student": "user",
}


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes into one provider's store."""

    store: Store
    clock: Clock
    flavour: str
    zone: ZoneInfo
    base_url: str

    def put(self, collection: Collection, key: str, body: Any) -> dict[str, Any]:
        """Check and store a wrapped object; give it as stored.

        Raises:
            AnsweredError: 422, with the first thing that is wrong.
        """
        sent = body.get(collection.one) if isinstance(body, dict) else None
        if not isinstance(sent, dict):
            raise invalid(f'the body must be {{"{collection.one}": {{...}}}}')
        if sent.get("sourcedId", key) != key:
            raise invalid("sourcedId differs from the one in the address")
        if sent.get("status", "active") not in {"active", "tobedeleted"}:
            raise invalid("status must be active or tobedeleted")
        checks = {"categories": self._check_category, "lineItems": self._check_line_item}
        checks.get(collection.many, self._check_result)(sent)
        return self.store_object(collection, key, sent)

    def store_object(self, collection: Collection, key: str, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Store an object under its lookup values, with a fresh `dateLastModified`.

        Raises:
            AnsweredError: 422: a result that leads to no line item cannot be found again.
        """
        kept = {field: self._completed(field, sent[field]) for field in collection.fields if field in sent}
        stamp = utc_text(self.clock.stamp())
        stored = {"status": "active", **kept, "sourcedId": key, "dateLastModified": stamp}
        if collection.many == "results":
            item = self._line_item_of(stored)
            lookups: tuple[str | None, ...] = (
                item["sourcedId"],
                referred(stored.get("student")),
                item["class"]["sourcedId"],
            )
        else:
            lookups = _LOOKUPS[collection.many](stored)
        self.store.put(Document(collection.many, key, stored, *lookups))
        return stored

    def _completed(self, field: str, value: Any) -> Any:
        """Complete a reference that came as a bare sourcedId."""
        kind, key = _REFERENCES.get(field), referred(value)
        if kind is None or key is None:
            return value
        return {**reference(self.base_url, kind, key), **value}

    def delete(self, collection: Collection, key: str) -> bool:
        """Remove an object; a line item takes its results with it."""
        if collection.many == "lineItems":
            self.store.delete_where("results", {"a": key})
        return self.store.delete(collection.many, key)

    def _check_category(self, sent: Mapping[str, Any]) -> None:
        _text(sent, "title")

    def _check_line_item(self, sent: Mapping[str, Any]) -> None:
        _text(sent, "title")
        class_id = self._existing(sent, "class", "classes")
        for field, collection in (("category", "categories"), ("gradingPeriod", "academicSessions")):
            # Required by the model, yet conforming providers take a line item without them
            if sent.get(field) is not None:
                self._existing(sent, field, collection)
        for field in ("assignDate", "dueDate"):
            if sent.get(field) is not None and local_day(sent[field], self.zone) is None:
                raise invalid(f"{field} must be a date-time such as 2026-11-02T17:00:00.000Z")
        for field in ("resultValueMin", "resultValueMax"):
            if sent.get(field) is not None:
                _number(sent, field)
        self._judge(LINE_ITEM_REFUSALS, sent, class_id)

    def _check_result(self, sent: Mapping[str, Any]) -> None:
        item = self._line_item_of(sent)
        self._existing(sent, "student", "users")
        if sent.get("scoreStatus") not in SCORE_STATUSES:
            raise invalid(f"scoreStatus must be one of {', '.join(SCORE_STATUSES)}")
        if sent["scoreStatus"] != "exempt" or sent.get("score") is not None:
            _number(sent, "score")
        if local_day(sent.get("scoreDate"), self.zone) is None:
            raise invalid("scoreDate must be a date such as 2026-11-02")
        self._judge(RESULT_REFUSALS, sent, item["class"]["sourcedId"])

    def _line_item_of(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        key = referred(sent.get("lineItem"))
        item = self.store.get("lineItems", key) if key else None
        if item is None:
            raise invalid("lineItem refers to nothing")
        return item

    def _existing(self, sent: Mapping[str, Any], field: str, collection: str) -> str:
        key = referred(sent.get(field))
        if key is None or not self.store.has(collection, key):
            raise invalid(f"{field} refers to nothing")
        return key

    def _judge(self, table: tuple[Refusal, ...], sent: Mapping[str, Any], class_id: str) -> None:
        today = self.clock.now().astimezone(self.zone).date()
        row = refused(table, self.flavour, Write(sent, class_id, today, self.zone, self.store))
        if row is not None:
            raise invalid(row.message)


def _text(sent: Mapping[str, Any], field: str) -> None:
    if not isinstance(sent.get(field), str) or not sent[field].strip():
        raise invalid(f"{field} must be a text")


def _number(sent: Mapping[str, Any], field: str) -> None:
    if not isinstance(sent.get(field), int | float) or isinstance(sent.get(field), bool):
        raise invalid(f"{field} must be a number")
