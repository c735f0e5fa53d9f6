"""A OneRoster 1.1 provider, as a practice SIS: roster and gradebook reads, gradebook writes, OAuth 2.

The flavours (schooltool, skyward_sms, skyward_qmlativ) differ in what they refuse: `oneroster_refusals`.
Objects are `oneroster_objects`, paging and filters `oneroster_query`, tokens `tokens`, filling
`oneroster_fill`, checks of what is written `oneroster_writes`.

Source: OneRoster 1.1 rostering and gradebook services, REST binding.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.oneroster_fill import fill_oneroster
from gradeflow.sandbox.oneroster_objects import BASE_PATH, COLLECTIONS, Collection, status, unknown
from gradeflow.sandbox.oneroster_query import is_plain, page_of, selected, trimmed
from gradeflow.sandbox.oneroster_refusals import is_current
from gradeflow.sandbox.oneroster_writes import Writer
from gradeflow.sandbox.practice import Practice, Secret, ServerSpec
from gradeflow.sandbox.school import School
from gradeflow.sandbox.store import Lookup, Store
from gradeflow.sandbox.tokens import Tokens
from gradeflow.sandbox.wire import Answer, AnsweredError, Call, EditError, Endpoint, Handler

_SCOPE = "https://purl.imsglobal.org/spec/or/v1p1/scope/"
ROSTER = frozenset({_SCOPE + "roster-core.readonly", _SCOPE + "roster.readonly"})
READ = frozenset({_SCOPE + "gradebook.readonly"})
WRITE = frozenset({_SCOPE + "gradebook.createput"})
DELETE = frozenset({_SCOPE + "gradebook.delete"})
SCOPES = (
    *ROSTER,
    *READ,
    *WRITE,
    *DELETE,
    _SCOPE + "roster-demographics.readonly",
    _SCOPE + "resource.readonly",
)
GRADEBOOK = ("categories", "lineItems", "results")


@dataclass(frozen=True, slots=True)
class View:
    """One GET of many objects.

    Attributes:
        template: path below the base.
        collection: what it lists.
        by: lookup name to path parameter, or to a constant written as `=constant`.
        parents: path parameter to the collection in which it must exist.
        through: role whose current enrollments join `collection` with the path parameter.
    """

    template: str
    collection: str
    by: Mapping[str, str] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)
    through: str | None = None


_CLASS = {"class_id": "classes"}
_SCHOOL = {"school_id": "orgs"}
VIEWS = (
    View(
        "/classes/{class_id}/lineItems/{line_item_id}/results",
        "results",
        {"c": "class_id", "a": "line_item_id"},
        {**_CLASS, "line_item_id": "lineItems"},
    ),
    View("/classes/{class_id}/lineItems", "lineItems", {"a": "class_id"}, _CLASS),
    View("/classes/{class_id}/results", "results", {"c": "class_id"}, _CLASS),
    View(
        "/classes/{class_id}/students/{user_id}/results",
        "results",
        {"c": "class_id", "b": "user_id"},
        {**_CLASS, "user_id": "users"},
    ),
    View("/categories", "categories"),
    View("/lineItems", "lineItems"),
    View("/results", "results"),
    View("/orgs", "orgs"),
    View("/schools", "orgs", {"a": "=school"}),
    View("/academicSessions", "academicSessions"),
    View("/terms", "academicSessions", {"a": "=term"}),
    View("/gradingPeriods", "academicSessions", {"a": "=gradingPeriod"}),
    View(
        "/terms/{term_id}/gradingPeriods",
        "academicSessions",
        {"a": "=gradingPeriod", "b": "term_id"},
        {"term_id": "academicSessions"},
    ),
    View("/terms/{term_id}/classes", "classes", {"c": "term_id"}, {"term_id": "academicSessions"}),
    View("/schools/{school_id}/terms", "academicSessions", {"a": "=term"}, _SCHOOL),
    View("/schools/{school_id}/courses", "courses", {"a": "school_id"}, _SCHOOL),
    View("/schools/{school_id}/classes", "classes", {"b": "school_id"}, _SCHOOL),
    View("/schools/{school_id}/students", "users", {"a": "=student"}, _SCHOOL),
    View("/schools/{school_id}/teachers", "users", {"a": "=teacher"}, _SCHOOL),
    View("/schools/{school_id}/enrollments", "enrollments", {"c": "school_id"}, _SCHOOL),
    View(
        "/schools/{school_id}/classes/{class_id}/enrollments",
        "enrollments",
        {"c": "school_id", "a": "class_id"},
        {**_SCHOOL, **_CLASS},
    ),
    View("/courses", "courses"),
    View("/courses/{course_id}/classes", "classes", {"a": "course_id"}, {"course_id": "courses"}),
    View("/classes", "classes"),
    View("/classes/{class_id}/students", "users", {"a": "class_id"}, _CLASS, "student"),
    View("/classes/{class_id}/teachers", "users", {"a": "class_id"}, _CLASS, "teacher"),
    View("/users", "users"),
    View("/students", "users", {"a": "=student"}),
    View("/teachers", "users", {"a": "=teacher"}),
    View("/teachers/{user_id}/classes", "classes", {"b": "user_id"}, {"user_id": "users"}, "teacher"),
    View("/students/{user_id}/classes", "classes", {"b": "user_id"}, {"user_id": "users"}, "student"),
    View("/enrollments", "enrollments"),
)

# Single objects below other names than their collection's; the type that the object must have
_SINGLES = {
    **{name: (name, None) for name in COLLECTIONS},
    "schools": ("orgs", ("type", "school")),
    "terms": ("academicSessions", ("type", "term")),
    "gradingPeriods": ("academicSessions", ("type", "gradingPeriod")),
    "students": ("users", ("role", "student")),
    "teachers": ("users", ("role", "teacher")),
}


class OneRosterServer:
    """One practice SIS."""

    base_path = BASE_PATH

    def __init__(
        self, store: Store, clock: Clock, *, flavour: str, client_id: str, client_secret: str
    ) -> None:
        self.store = store
        self.clock = clock
        self._tokens = Tokens(client_id, client_secret, SCOPES)
        self._zone = ZoneInfo(store.setting("timezone") or "UTC")
        self._writer = Writer(store, clock, flavour, self._zone, store.setting("base_url") or "")
        # The clock stands still over a restart, yet "changed since" must still tell new from old
        clock.stamp_after(store.latest("dateLastModified"))

    def endpoints(self) -> list[Endpoint]:
        """Give the table of routes, the busiest first."""
        table = []
        for name in reversed(GRADEBOOK):
            path = f"{BASE_PATH}/{name}/{{key:path}}"
            table.append(Endpoint("PUT", path, self._guarded(WRITE, self._put(name))))
            table.append(Endpoint("DELETE", path, self._guarded(DELETE, self._delete(name))))
        for view in VIEWS:
            scopes = READ if view.collection in GRADEBOOK else ROSTER
            table.append(Endpoint("GET", BASE_PATH + view.template, self._guarded(scopes, self._many(view))))
        for name, (collection, must) in _SINGLES.items():
            scopes = READ if collection in GRADEBOOK else ROSTER
            one = self._guarded(scopes, self._one(collection, must))
            table.append(Endpoint("GET", f"{BASE_PATH}/{name}/{{key:path}}", one))
        return [*table, Endpoint("POST", "/oauth/token", self._tokens.give)]

    def edit(self, edit: Mapping[str, Any]) -> None:
        """Change an object as the office or a teacher would, past every refusal.

        `{"collection", "sourcedId", "set"}`: `set` changes fields of an object, creates it where it is
        unknown and `set` names all that it refers to, and removes it where it is null.

        Raises:
            EditError: an unknown collection, key, field or object.
        """
        if set(edit) != {"collection", "sourcedId", "set"}:
            msg = "an edit has exactly the keys collection, sourcedId, set"
            raise EditError(msg)
        collection = COLLECTIONS.get(edit["collection"])
        if collection is None:
            msg = f"no collection {edit['collection']!r}; allowed: {', '.join(COLLECTIONS)}"
            raise EditError(msg)
        key, changes = str(edit["sourcedId"]), edit["set"]
        if changes is None:
            if not self._writer.delete(collection, key):
                msg = f"there is no {collection.one} {key}"
                raise EditError(msg)
            return
        unknown_fields = sorted(set(changes) - set(collection.fields))
        if unknown_fields:
            allowed = ", ".join(collection.fields)
            msg = f"{collection.one} has no {', '.join(unknown_fields)}; allowed: {allowed}"
            raise EditError(msg)
        before = self.store.get(collection.many, key) or {}
        try:
            self._writer.store_object(collection, key, {**before, **changes})
        except AnsweredError as error:
            raise EditError(error.answer.body["imsx_description"]) from error

    def expire_tokens(self) -> None:
        """Make every token given out so far invalid."""
        self._tokens.expire()

    def no_route(self, path: str) -> Answer:
        """Answer for an address that OneRoster does not have."""
        return status(404, "unknown object", f"There is no {path}")

    def _guarded(self, scopes: frozenset[str], handler: Handler) -> Handler:
        def answer(call: Call) -> Answer:
            granted = self._tokens.scopes_of(call)
            if granted is None:
                headers = {"WWW-Authenticate": "Bearer"}
                return status(401, "unauthorized", "The token is missing, unknown or expired", headers)
            if not scopes & granted:
                return status(403, "forbidden", f"This call needs the scope {min(scopes)}")
            return handler(call)

        return answer

    def _one(self, name: str, must: tuple[str, str] | None) -> Handler:
        collection = COLLECTIONS[name]

        def answer(call: Call) -> Answer:
            found = self.store.get(name, call.params["key"])
            if found is None or (must is not None and found[must[0]] != must[1]):
                raise unknown(collection.one, call.params["key"])
            return Answer(200, {collection.one: trimmed(call, collection, [found])[0]})

        return answer

    def _many(self, view: View) -> Handler:
        collection = COLLECTIONS[view.collection]

        def answer(call: Call) -> Answer:
            for parameter, parent in view.parents.items():
                if not self.store.has(parent, call.params[parameter]):
                    raise unknown(COLLECTIONS[parent].one, call.params[parameter])
            by = {k: v[1:] if v.startswith("=") else call.params[v] for k, v in view.by.items()}
            if view.through is None and is_plain(call):
                return self._plain_page(call, collection, by)
            page = page_of(call)
            found = self._joined(view, by) if view.through else self.store.documents(view.collection, by)
            found = selected(call, collection, found)
            shown = trimmed(call, collection, found[page.offset : page.offset + page.limit])
            return Answer(200, {collection.many: shown}, page.headers(call, len(found)))

        return answer

    def _plain_page(self, call: Call, collection: Collection, by: Lookup) -> Answer:
        page = page_of(call)
        texts = self.store.texts(collection.many, by, limit=page.limit, offset=page.offset)
        headers = page.headers(call, self.store.count(collection.many, by))
        # Stored text goes out as it is: parsing thousands of rows only to write them again would be felt
        return Answer(200, f'{{"{collection.many}":[{",".join(texts)}]}}'.encode(), headers)

    def _joined(self, view: View, by: Lookup) -> list[dict[str, Any]]:
        today = self.clock.now().astimezone(self._zone).date()
        other = "class" if view.collection == "classes" else "user"
        stays = self.store.documents("enrollments", by)
        keys = [s[other]["sourcedId"] for s in stays if s["role"] == view.through and is_current(s, today)]
        found = (self.store.text(view.collection, key) for key in keys)
        return [json.loads(text) for text in found if text is not None]

    def _put(self, name: str) -> Handler:
        collection = COLLECTIONS[name]

        def answer(call: Call) -> Answer:
            key = call.params["key"]
            is_new = not self.store.has(name, key)
            stored = self._writer.put(collection, key, call.json())
            return Answer(201 if is_new else 200, {collection.one: stored})

        return answer

    def _delete(self, name: str) -> Handler:
        def answer(call: Call) -> Answer:
            if not self._writer.delete(COLLECTIONS[name], call.params["key"]):
                raise unknown(COLLECTIONS[name].one, call.params["key"])
            return Answer(204)

        return answer


def _settings(spec: ServerSpec) -> Mapping[str, Any]:
    return {
        "base_url": spec.origin + BASE_PATH,
        "token_url": f"{spec.origin}/oauth/token",
        "client_id": Secret("client_id"),
        "client_secret": Secret("client_secret"),
    }


def _fill(spec: ServerSpec, school: School, clock: Clock) -> None:
    with closing(spec.store()) as store:
        fill_oneroster(store, school, clock, spec.origin + BASE_PATH)


def _serve(spec: ServerSpec, clock: Clock) -> OneRosterServer:
    return OneRosterServer(spec.store(), clock, flavour=spec.kind, **spec.secrets)


PRACTICES = tuple(
    Practice(
        kind=kind,
        side="sis",
        label=label,
        secrets=("client_id", "client_secret"),
        settings=_settings,
        fill=_fill,
        serve=_serve,
    )
    for kind, label in (
        ("schooltool", "SchoolTool"),
        ("skyward_sms", "Skyward SMS 2.0"),
        ("skyward_qmlativ", "Skyward Qmlativ"),
    )
)
