"""What the standard itself demands of a category, score scale, line item or result that is written.

Refused writes answer 422 with the first thing that is wrong. 1.1's model calls category and grading period
required, yet its conformance suite leaves both out, so they are not; 1.2 demands what it calls required.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.sandbox.oneroster_facts import Write, local_day
from gradeflow.sandbox.oneroster_objects import SCORE_STATUSES, invalid, referred, status
from gradeflow.sandbox.oneroster_refusals import (
    LINE_ITEM_REFUSALS,
    RESULT_REFUSALS,
    Refusal,
    refused,
)
from gradeflow.sandbox.store import Store
from gradeflow.sandbox.wire import AnsweredError

_REFERRED = {
    "category": "categories",
    "gradingPeriod": "academicSessions",
    "academicSession": "academicSessions",
    "school": "orgs",
    "scoreScale": "scoreScales",
}
_REQUIRED_1_2 = ("assignDate", "dueDate", "school", "category")
_FLAGS = ("inProgress", "incomplete", "late", "missing")


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks of one call.

    Attributes:
        version: name of the standard's version that the call speaks.
        today: the SIS's date, in the district's zone.
        altered: fault kinds that have to be obeyed.
    """

    store: Store
    flavour: str
    version: str
    today: dt.date
    zone: ZoneInfo
    altered: frozenset[str]

    def check(self, collection: str, key: str, sent: Mapping[str, Any]) -> None:
        """Let pass what may be stored.

        Raises:
            AnsweredError: 422, with the first thing that is wrong.
        """
        if "deleted_500" in self.altered and self.store.has("deleted", f"{collection}/{key}"):
            raise _crashed(key)
        if sent.get("status", "active") not in {"active", "tobedeleted"}:
            raise invalid("status must be active or tobedeleted")
        checks = {
            "categories": self._check_category,
            "scoreScales": self._check_scale,
            "lineItems": self._check_line_item,
            "results": self._check_result,
        }
        checks[collection](key, sent)

    def line_item_of(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Give the line item that a result belongs to.

        Raises:
            AnsweredError: 422: it refers to none.
        """
        key = referred(sent.get("lineItem"))
        item = self.store.get("lineItems", key) if key else None
        if item is None and "deleted_500" in self.altered:
            raise _crashed(key or "")
        if item is None:
            raise invalid("lineItem refers to nothing")
        return item

    def _check_category(self, _: str, sent: Mapping[str, Any]) -> None:
        _text(sent, "title")
        if sent.get("weight") is not None:
            _number(sent, "weight")

    def _check_scale(self, _: str, sent: Mapping[str, Any]) -> None:
        _text(sent, "title")
        _text(sent, "type")
        self._existing(sent, "class", "classes")
        values = sent.get("scoreScaleValue")
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise invalid("scoreScaleValue must be a list of objects")
        for value in values:
            _text(value, "itemValueLHS")
            _text(value, "itemValueRHS")

    def _check_line_item(self, key: str, sent: Mapping[str, Any]) -> None:
        _text(sent, "title")
        class_id = self._existing(sent, "class", "classes")
        missing = [field for field in _REQUIRED_1_2 if sent.get(field) is None]
        if self.version == "1.2" and missing:
            raise invalid(f"{missing[0]} is required")
        for field, collection in _REFERRED.items():
            if sent.get(field) is not None:
                self._existing(sent, field, collection)
        for field in ("assignDate", "dueDate"):
            if sent.get(field) is not None and local_day(sent[field], self.zone) is None:
                raise invalid(f"{field} must be a date-time such as 2026-11-02T17:00:00.000Z")
        for field in ("resultValueMin", "resultValueMax"):
            if sent.get(field) is not None:
                _number(sent, field)
        self._judge(LINE_ITEM_REFUSALS, key, sent, class_id)

    def _check_result(self, key: str, sent: Mapping[str, Any]) -> None:
        item = self.line_item_of(sent)
        self._existing(sent, "student", "users")
        state = sent.get("scoreStatus")
        if state not in SCORE_STATUSES and not (self.version == "1.2" and str(state).startswith("ext:")):
            raise invalid(f"scoreStatus must be one of {', '.join(SCORE_STATUSES)}")
        if sent.get("score") is not None or (self.version == "1.1" and state != "exempt"):
            _number(sent, "score")
        if local_day(sent.get("scoreDate"), self.zone) is None:
            raise invalid("scoreDate must be a date such as 2026-11-02")
        wrong = next((flag for flag in _FLAGS if sent.get(flag, "true") not in {"true", "false"}), None)
        if wrong is not None:
            raise invalid(f'{wrong} must be the text "true" or "false"')
        self._judge(RESULT_REFUSALS, key, sent, item["class"]["sourcedId"])

    def _existing(self, sent: Mapping[str, Any], field: str, collection: str) -> str:
        key = referred(sent.get(field))
        if key is None or not self.store.has(collection, key):
            raise invalid(f"{field} refers to nothing")
        return key

    def _judge(self, table: tuple[Refusal, ...], key: str, sent: Mapping[str, Any], class_id: str) -> None:
        write = Write(key, sent, class_id, self.version, self.today, self.zone, self.store)
        row = refused(table, self.flavour, write)
        if row is not None:
            raise invalid(row.message)


def _crashed(key: str) -> AnsweredError:
    return AnsweredError(status(500, "internal_server_error", f"Unable to find {key}"))


def _text(sent: Mapping[str, Any], field: str) -> None:
    if not isinstance(sent.get(field), str) or not sent[field].strip():
        raise invalid(f"{field} must be a text")


def _number(sent: Mapping[str, Any], field: str) -> None:
    if not isinstance(sent.get(field), int | float) or isinstance(sent.get(field), bool):
        raise invalid(f"{field} must be a number")
