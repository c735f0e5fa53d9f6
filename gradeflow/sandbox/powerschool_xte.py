"""A practice PowerSchool as a plugin sees it: OAuth 2, `/ws/v1`, schema tables, and `/ws/xte` of PowerTeacher Pro.

Filling is `powerschool_xte_fill`, tokens `powerschool_xte_tokens`, tables `powerschool_xte_tables`, the roster
`powerschool_xte_reads`, what is done with what is sent `powerschool_xte_writes`. The numbers are the server's own;
the School's ids are in text columns, which the settings of a practice district name.

Source: PowerSchool API "V1", "Schema" and "XTE" as transcribed by others; token answer and one-element lists as
public client libraries handle them.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.powerschool_xte_fill import fill_powerschool
from gradeflow.sandbox.powerschool_xte_reads import Reads
from gradeflow.sandbox.powerschool_xte_tables import TABLES, count, read, refused, row_of
from gradeflow.sandbox.powerschool_xte_tokens import PluginTokens
from gradeflow.sandbox.powerschool_xte_writes import Writer
from gradeflow.sandbox.practice import Practice, Secret, ServerSpec
from gradeflow.sandbox.school import School
from gradeflow.sandbox.store import Document, Store
from gradeflow.sandbox.wire import Answer, Call, EditError, Endpoint, Handler

EDITABLE = (
    *(table for table in TABLES if table != "ASSIGNMENTSCORE"),
    "assignments",
    "scores",
    "locks",
    "access",
)


class PowerSchoolServer:
    """One practice server."""

    base_path = ""

    def __init__(self, store: Store, clock: Clock, *, client_id: str, client_secret: str) -> None:
        self.store = store
        self.clock = clock
        self._tokens = PluginTokens(client_id, client_secret)
        self._reads = Reads(store)
        self._writer = Writer(store, clock, ZoneInfo(store.setting("timezone") or "UTC"))

    def endpoints(self) -> list[Endpoint]:
        """Give the table of routes, the busiest first."""
        table: list[tuple[str, str, Handler]] = [
            ("PUT", "/ws/xte/score", self._score),
            ("GET", "/ws/xte/section/assignment/", self._assignments),
            ("POST", "/ws/xte/section/assignment/", self._create),
            ("GET", "/ws/xte/section/assignment/{key:int}", self._assignment),
            ("PUT", "/ws/xte/section/assignment/{key:int}", self._replace),
            ("DELETE", "/ws/xte/section/assignment/{key:int}", self._delete),
            ("GET", "/ws/xte/teacher_category", self._categories),
            ("GET", "/ws/schema/table/{table}/count", lambda call: count(self.store, call)),
            ("GET", "/ws/schema/table/{table}", lambda call: read(self.store, call)),
            *self._reads.table(),
        ]
        guarded = [Endpoint(method, template, self._guarded(handler)) for method, template, handler in table]
        return [
            *guarded,
            *(Endpoint("POST", f"/oauth/access_token{end}", self._tokens.give) for end in ("/", "")),
        ]

    def edit(self, edit: Mapping[str, Any]) -> None:
        """Change a row as a teacher or the office would, past every refusal.

        `{"collection", "key", "set"}`: rows of tables by DCID, assignments by assignmentid (`set` goes into each of
        its sections), scores by `assignmentsectionid/studentsdcid`; null removes. `locks`: a term's id, true or
        false. `access`: a column such as `assignment.createdbyplugin`, `none` or `full`.

        Raises:
            EditError: an unknown collection, or a row that is not there.
        """
        if set(edit) != {"collection", "key", "set"} or edit["collection"] not in EDITABLE:
            msg = f"an edit has exactly the keys collection ({', '.join(EDITABLE)}), key, set"
            raise EditError(msg)
        name, key, changes = edit["collection"], str(edit["key"]), edit["set"]
        if name == "locks":
            self.store.set_setting(f"locked {key}", "yes" if changes else "no")
        elif name == "access":
            self.store.set_setting(f"access {key.lower()}", str(changes))
        elif name == "scores":
            self._edit_score(key, changes)
        elif name == "assignments":
            self._edit_assignment(key, changes)
        else:
            self._edit_row(name, key, changes)

    def expire_tokens(self) -> None:
        """Make every token given out so far invalid."""
        self._tokens.expire()

    def no_route(self, path: str) -> Answer:
        """Answer for an address that PowerSchool does not have."""
        return Answer(404, {"message": f"Not Found: {path}"})

    def _edit_score(self, key: str, changes: Any) -> None:
        part, _, student = key.partition("/")
        if changes is None:
            if not self.store.delete("ASSIGNMENTSCORE", key):
                msg = f"there is no score {key}"
                raise EditError(msg)
        else:
            self._writer.put_score(int(part), int(student), changes)

    def _edit_assignment(self, key: str, changes: Any) -> None:
        present = self.store.get("assignments", key)
        if present is None:
            msg = f"there is no assignment {key}"
            raise EditError(msg)
        if changes is None:
            self._writer.delete(int(key), force=True)
        else:
            self._writer.put(int(key), [{**one, **changes} for one in present["_assignmentsections"]])

    def _edit_row(self, name: str, key: str, changes: Any) -> None:
        present = self.store.get(name, key)
        if present is None:
            msg = f"there is no row {key} of {name}"
            raise EditError(msg)
        if changes is None:
            self.store.delete(name, key)
            return
        row = {**present, **changes}
        lookups = {"CC": ("section_id", "student_id"), "TEACHERCATEGORY": ("usersdcid",)}.get(name, ())
        self.store.put(Document(name, key, row, *(str(row[column]) for column in lookups)))

    def _guarded(self, handler: Handler) -> Handler:
        def answer(call: Call) -> Answer:
            if not self._tokens.allows(call):
                headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
                return Answer(401, {"message": "The access token has expired or is unknown"}, headers)
            return handler(call)

        return answer

    def _user(self, call: Call) -> str:
        user = call.query.get("users_dcid")
        if not user:
            raise refused(400, "users_dcid is required", field="users_dcid")
        if not self.store.has("USERS", user):
            raise refused(404, "Not Found", field="users_dcid")
        return user

    def _categories(self, call: Call) -> Answer:
        user = self._user(call)
        if not call.query.get("year_id"):
            raise refused(400, "year_id is required", field="year_id")
        rows = self.store.documents("TEACHERCATEGORY", {"a": user})
        return Answer(200, [{name: value for name, value in row.items() if name != "dcid"} for row in rows])

    def _assignments(self, call: Call) -> Answer:
        self._user(call)
        wanted = {text for text in call.query.get("section_ids", "").split(",") if text}
        if not wanted:
            raise refused(400, "section_ids is required", field="section_ids")
        return Answer(
            200,
            [
                one
                for one in self.store.documents("assignments")
                if wanted & {str(part["sectionsdcid"]) for part in one["_assignmentsections"]}
            ],
        )

    def _assignment(self, call: Call) -> Answer:
        self._user(call)
        return Answer(200, row_of(self.store, "assignments", str(call.params["key"])))

    def _create(self, call: Call) -> Answer:
        key = self._writer.create(self._user(call), call.json())
        return Answer(201, None, {"Location": f"{call.origin}/ws/xte/section/assignment/{key}"})

    def _replace(self, call: Call) -> Answer:
        key = int(call.params["key"])
        self._writer.replace(key, self._user(call), call.json(), call.query.get("update_scores"))
        return Answer(201)

    def _delete(self, call: Call) -> Answer:
        self._user(call)
        self._writer.delete(int(call.params["key"]), force=call.query.get("force") == "true")
        return Answer(204)

    def _score(self, call: Call) -> Answer:
        self._user(call)
        return Answer(200, {"assignment_scores": self._writer.score(call.json(), call.query.get("term_id"))})


def _settings(spec: ServerSpec) -> Mapping[str, Any]:
    return {
        "base_url": spec.origin,
        "client_id": Secret("client_id"),
        "client_secret": Secret("client_secret"),
        "section_id": "{section_number}",
        "student_id": "{state_studentnumber}",
        "period_id": "{abbreviation}",
    }


def _fill(spec: ServerSpec, school: School, clock: Clock) -> None:
    del clock  # nothing here bears the time at which it was made
    with closing(spec.store()) as store:
        fill_powerschool(store, school)


PRACTICES = (
    Practice(
        kind="powerschool_xte",
        side="sis",
        label="PowerSchool (plugin)",
        secrets=("client_id", "client_secret"),
        settings=_settings,
        fill=_fill,
        serve=lambda spec, clock: PowerSchoolServer(spec.store(), clock, **spec.secrets),
    ),
)
