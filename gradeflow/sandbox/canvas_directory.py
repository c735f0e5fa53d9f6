"""Finds what a call to Canvas names, by plain id or SIS id, and tells who is enrolled now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.sandbox.canvas_request import missing, sis_key
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.store import Store
from gradeflow.sandbox.wire import Call

Body = dict[str, Any]
Shown = tuple[Any, dict[str, str]]
"""What a view gives: the payload and its headers."""
View = Callable[[Call], Shown]

_KINDS = {"course": ("courses", "a"), "section": ("sections", "b"), "user": ("users", "a")}


class Directory:
    """Looks things up for the views."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self._zone = ZoneInfo(store.setting("timezone") or "UTC")

    def now_text(self) -> str:
        """Give the clock as Canvas writes instants."""
        return utc_text(self.clock.now())

    def check_account(self, call: Call) -> None:
        """Refuse every account but the one there is."""
        if call.params["account"] not in {"1", "self"}:
            raise missing()

    def found(self, call: Call, kind: str) -> Body:
        """Give the course, section or user that the route names; 404 where there is none."""
        collection, lookup = _KINDS[kind]
        text = call.params[kind]
        key = sis_key(text, kind)
        if key is None:
            found = self.store.get(collection, text)
        else:
            found = next(iter(self.store.documents(collection, {lookup: key})), None)
        if found is None or found.get("workflow_state") == "deleted":
            raise missing()
        return found

    def found_assignment(self, call: Call) -> Body:
        """Give the assignment that the route names, if it is of the course named with it."""
        course = self.found(call, "course")
        found = self.store.get("assignments", call.params["assignment"])
        if found is None or found["course_id"] != course["id"]:
            raise missing()
        return found

    def term(self, text: str) -> Body:
        """Give the term named by plain or SIS id; 404 where there is none."""
        key = sis_key(text, "term")
        for term in self.store.documents("terms"):
            if text == str(term["id"]) or (key is not None and key == term["sis_term_id"]):
                return term
        raise missing()

    def periods(self, course: str) -> list[Body]:
        """Give a course's grading periods as they are now: closed or not by the clock."""
        now = self.now_text()
        rights = {"read": True, "update": False, "create": False, "delete": False}
        return [
            {**period, "is_closed": period["close_date"] < now, "permissions": rights}
            for period in self.store.documents("grading_periods", {"a": course})
        ]

    def in_dates(self, call: Call) -> Callable[[Body], bool]:
        """Choose courses by `starts_before` and `ends_after`, both inclusive.

        The course's own date counts or its term's; where neither has one the course is in.
        """
        before, after = (_moment(call.query.get(name)) for name in ("starts_before", "ends_after"))
        terms = {term["id"]: term for term in self.store.documents("terms")}

        def is_in(course: Body) -> bool:
            both = (course, terms.get(course["enrollment_term_id"], {}))
            starts, ends = ([_moment(one.get(name)) for one in both] for name in ("start_at", "end_at"))
            has_begun = not any(starts) or any(at <= before for at in starts if at and before)
            goes_on = not any(ends) or any(at >= after for at in ends if at and after)
            return (before is None or has_begun) and (after is None or goes_on)

        return is_in

    def user(self, text: str) -> int | None:
        """Give the number of a user named by plain or SIS id; None where there is none."""
        key = sis_key(text, "user")
        if key is None:
            return int(text) if text.isdigit() else None
        found = self.store.documents("users", {"a": key})
        return found[0]["id"] if found else None

    def state(self, enrollment: Body) -> str:
        """Tell an enrollment's state today: what somebody set, else `completed` once it is concluded."""
        if enrollment.get("state") is not None:
            return str(enrollment["state"])
        today = self.clock.now().astimezone(self._zone).date().isoformat()
        ends = enrollment["end"]
        return "completed" if enrollment["is_concluded"] or (ends and ends <= today) else "active"


def utc_text(moment: dt.datetime) -> str:
    """Write an instant as Canvas does: UTC, seconds, Z."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str | None) -> dt.datetime | None:
    """Read an instant or a date; Canvas passes over what it cannot read."""
    try:
        moment = dt.datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def same(body: Body) -> Body:
    """Show a document as it is."""
    return body
