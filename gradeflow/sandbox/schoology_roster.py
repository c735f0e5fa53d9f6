"""Schoology's courses, sections, users, enrollments and grading periods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.schoology_fill import ACTIVE, EXPIRED
from gradeflow.sandbox.schoology_numbers import ADMIN, SCHOOL
from gradeflow.sandbox.schoology_request import HEADERS, failed, listed, missing, several
from gradeflow.sandbox.store import Store
from gradeflow.sandbox.wire import Answer, AnsweredError, Call

Body = dict[str, Any]
View = Callable[[Call], Body]
SCHOOL_CODES_AT_ONCE = 50
_NAMES = (
    *("name_title", "name_title_show", "name_first", "name_first_preferred"),
    *("name_middle", "name_middle_show", "name_last", "name_display"),
)


class Directory:
    """Finds what a call names, and tells who is in a section now."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock

    @property
    def zone(self) -> ZoneInfo:
        """The school's zone."""
        return ZoneInfo(self.store.setting("timezone") or "UTC")

    def found(self, collection: str, key: str) -> Body:
        """Give a document; 404 where there is none."""
        body = self.store.get(collection, key)
        if body is None:
            raise missing()
        return body

    def section(self, call: Call) -> Body:
        """Give the section that the route names; 403 where the app was not let into it."""
        body = self.found("sections", call.params["section"])
        if body["is_withheld"]:
            raise failed(403, "You do not have permission to see this section.")
        return body

    def status(self, enrollment: Body) -> int:
        """Tell an enrollment's status today: expired once its last day is over."""
        today = self.clock.now().astimezone(self.zone).date().isoformat()
        is_over = enrollment["ends"] is not None and enrollment["ends"] <= today
        return EXPIRED if is_over and enrollment["status"] == ACTIVE else int(enrollment["status"])


class RosterViews:
    """The views of who and where."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._store = directory.store

    def schools(self, call: Call) -> Body:
        """GET schools."""
        return listed(call, "school", [SCHOOL], lambda key: {"id": str(key), "title": "Practice"})

    def courses(self, call: Call) -> Body:
        """GET courses, of one building where asked."""
        building = call.query.get("building_id")
        rows = self._store.documents("courses")
        return listed(call, "course", [one for one in rows if building in {None, one["building_id"]}], _same)

    def course(self, call: Call) -> Body:
        """GET courses/{id}."""
        return self._directory.found("courses", call.params["course"])

    def course_sections(self, call: Call) -> Body:
        """GET courses/{id}/sections; only with include_past those of periods that are over."""
        course = self.course(call)
        rows = self._store.documents("sections", {"a": str(course["id"])})
        return self._page(call, rows)

    def sections(self, call: Call) -> Body:
        """GET sections?section_school_codes=..."""
        codes = several(call, "section_school_codes")[:SCHOOL_CODES_AT_ONCE]
        rows = [one for code in codes for one in self._store.documents("sections", {"b": code})]
        return self._page(call, rows)

    def section(self, call: Call) -> Body:
        """GET sections/{id}."""
        shown = self._shown(call, self._directory.section(call))
        return {key: value for key, value in shown.items() if key != "links"}

    def section_by_code(self, call: Call) -> Body:
        """GET sections/ext/{code}: a redirect to the section itself."""
        rows = self._store.documents("sections", {"b": call.params["code"]})
        raise _redirect(call, "sections", rows[0]["id"] if rows else None)

    def enrollments(self, call: Call) -> Body:
        """GET sections/{id}/enrollments."""
        section = self._directory.section(call)
        users, states = several(call, "uid"), several(call, "enrollment_status")
        rows = [
            one
            for one in self._store.documents("enrollments", {"a": section["id"]})
            if (not users or one["uid"] in users)
            and (not states or str(self._directory.status(one)) in states)
        ]
        return listed(call, "enrollment", rows, self._enrollment)

    def enrollment(self, call: Call) -> Body:
        """GET sections/{id}/enrollments/{id}."""
        self._directory.section(call)
        return self._enrollment(self._directory.found("enrollments", call.params["enrollment"]))

    def users(self, call: Call) -> Body:
        """GET users."""
        wanted = {key: several(call, f"{key}s") for key in ("school_uid", "role_id")}
        rows = [
            one
            for one in self._store.documents("users")
            if all(not values or str(one[key]) in values for key, values in wanted.items())
        ]
        return listed(call, "user", rows, self._user)

    def user(self, call: Call) -> Body:
        """GET users/{id}."""
        return self._user(self._directory.found("users", call.params["user"]))

    def me(self, call: Call) -> Body:
        """GET users/me: a redirect to whom the key belongs to."""
        raise _redirect(call, "users", str(ADMIN))

    def user_by_id(self, call: Call) -> Body:
        """GET users/ext/{school uid}: a redirect to the user."""
        rows = self._store.documents("users", {"a": call.params["code"]})
        raise _redirect(call, "users", rows[0]["uid"] if rows else None)

    def user_sections(self, call: Call) -> Body:
        """GET users/{id}/sections."""
        user = self._directory.found("users", call.params["user"])
        rows = [
            section
            for section in self._store.documents("sections")
            for one in self._store.documents("enrollments", {"a": section["id"], "b": user["uid"]})
            if self._directory.status(one) == ACTIVE
        ]
        return self._page(call, rows)

    def periods(self, call: Call) -> Body:
        """GET gradingperiods."""
        rows = [self._period(one) for one in self._store.documents("periods")]
        shown = listed(call, "gradingperiods", rows, _same, total_as=int)
        return {"total": shown["total"], "gradingperiods": shown["gradingperiods"], "links": shown["links"]}

    def period(self, call: Call) -> Body:
        """GET gradingperiods/{id}."""
        return self._period(self._directory.found("periods", call.params["period"]))

    def section_periods(self, call: Call) -> Body:
        """GET sections/{id}/grading_periods."""
        mine = self._directory.section(call)["grading_periods"]
        rows = [
            {**one, "start": f"{one['start']} 00:00:00", "end": f"{one['end']} 00:00:00", "weight": 0}
            for one in self._store.documents("periods")
            if one["id"] in mine
        ]
        return {"grading_period": rows, "links": {"self": f"{call.origin}{call.path}"}}

    def _page(self, call: Call, rows: list[Body]) -> Body:
        """List sections; those of periods that are all over only where asked."""
        if call.query.get("include_past") != "1":
            over = {one["id"] for one in self._store.documents("periods") if not self._is_active(one)}
            rows = [one for one in rows if not over.issuperset(one["grading_periods"])]
        return listed(call, "section", rows, lambda one: self._shown(call, one))

    def _is_active(self, period: Body) -> bool:
        today = self._directory.clock.now().astimezone(self._directory.zone).date()
        return today <= dt.date.fromisoformat(period["end"])

    def _period(self, period: Body) -> Body:
        return {**period, "active": str(int(self._is_active(period)))}

    def _shown(self, call: Call, section: Body) -> Body:
        keep = {key: value for key, value in section.items() if key != "is_withheld"}
        return {**keep, "links": {"self": f"{call.origin}/v1/sections/{section['id']}"}, "admin": 1}

    def _enrollment(self, body: Body) -> Body:
        user = self._directory.found("users", body["uid"])
        return {
            "id": body["id"],
            "uid": body["uid"],
            "school_uid": user["school_uid"],
            **{name: user[name] for name in _NAMES},
            "admin": body["admin"],
            "status": str(self._directory.status(body)),
        }

    def _user(self, body: Body) -> Body:
        now = self._directory.clock.now().astimezone(ZoneInfo(body["tz_name"]))
        offset = now.utcoffset() or dt.timedelta()
        return {**body, "tz_offset": offset // dt.timedelta(hours=1), "parents": None, "child_uids": None}


def _same(body: Body) -> Body:
    return body


def _redirect(call: Call, realm: str, key: str | None) -> AnsweredError:
    if key is None:
        return missing()
    return AnsweredError(Answer(303, None, {**HEADERS, "Location": f"{call.origin}/v1/{realm}/{key}"}))
