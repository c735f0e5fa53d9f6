"""A practice PowerSchool as a plugin sees it: OAuth 2, `/ws/v1`, schema tables, and `/ws/xte` of PowerTeacher Pro.

Filling is `powerschool_xte_fill`, tables `powerschool_xte_tables`, what is done with what is sent
`powerschool_xte_writes`. The numbers are the server's own; the School's ids are in text columns, which the
settings of a practice district name.

Source: PowerSchool API "V1", "Schema" and "XTE" as transcribed by others; token answer and one-element lists as
public client libraries handle them.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import parse_qs, unquote
from zoneinfo import ZoneInfo

from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.powerschool_xte_fill import SCHOOL, fill_powerschool
from gradeflow.sandbox.powerschool_xte_tables import MAX_PAGE, TABLES, count, read, refused
from gradeflow.sandbox.powerschool_xte_writes import Writer
from gradeflow.sandbox.practice import Practice, Secret, ServerSpec
from gradeflow.sandbox.school import School
from gradeflow.sandbox.store import Document, Store
from gradeflow.sandbox.wire import Answer, Call, EditError, Endpoint, Handler

LIFETIME_SECONDS = 3600
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
        self._client = f"{client_id}\n{client_secret}".encode()
        self._given: dict[str, float] = {}
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
            ("GET", "/ws/v1/section/{key}/section_enrollment/count", self._seat_count),
            ("GET", "/ws/v1/section/{key}/section_enrollment", self._seats),
            ("GET", "/ws/v1/section/{key}", self._section),
            ("GET", "/ws/v1/term/{key}", self._term),
            ("GET", "/ws/v1/student/{key}", self._student),
            ("GET", "/ws/v1/staff/{key}", self._staff),
            ("GET", "/ws/v1/metadata", self._metadata),
            *(
                ("GET", f"/ws/v1/{path}{more}", self._listing(name, is_count=bool(more)))
                for path, name in (
                    ("district/school", "school"),
                    ("school/{school}/section", "section"),
                    ("school/{school}/student", "student"),
                    ("district/student", "student"),
                )
                for more in ("/count", "")
            ),
        ]
        guarded = [Endpoint(method, template, self._guarded(handler)) for method, template, handler in table]
        return [*guarded, *(Endpoint("POST", f"/oauth/access_token{end}", self._token) for end in ("/", ""))]

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
        self._given.clear()

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
            kind, _, token = call.headers.get("authorization", "").partition(" ")
            if kind.lower() != "bearer" or time.monotonic() >= self._given.get(token, 0.0):
                headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
                return Answer(401, {"message": "The access token has expired or is unknown"}, headers)
            return handler(call)

        return answer

    def _token(self, call: Call) -> Answer:
        form = {name: values[0] for name, values in parse_qs(call.body.decode(errors="replace")).items()}
        kind, _, text = call.headers.get("authorization", "").partition(" ")
        try:
            name, _, secret = (
                base64.b64decode(text if kind.lower() == "basic" else "").decode().partition(":")
            )
        except (binascii.Error, UnicodeDecodeError):
            name, secret = "", ""
        pairs = {f"{name}\n{secret}".encode(), f"{unquote(name)}\n{unquote(secret)}".encode()}
        if not any(secrets.compare_digest(pair, self._client) for pair in pairs):
            return Answer(401, {"error": "invalid_client"}, {"WWW-Authenticate": 'Basic realm="PowerSchool"'})
        if form.get("grant_type") != "client_credentials":
            return Answer(400, {"error": "unsupported_grant_type"})
        token = secrets.token_urlsafe(24)
        self._given[token] = time.monotonic() + LIFETIME_SECONDS
        # PowerSchool has been seen to write the number as text
        return Answer(
            200, {"access_token": token, "token_type": "Bearer", "expires_in": str(LIFETIME_SECONDS)}
        )

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
        return Answer(200, self._one("assignments", str(call.params["key"])))

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

    def _seats(self, call: Call) -> Answer:
        self._one("SECTIONS", call.params["key"])
        rows = [self._seat(row) for row in self.store.documents("CC", {"a": call.params["key"]})]
        rows.sort(key=lambda row: (row["student_id"], row["entry_date"]))
        return Answer(200, {"section_enrollments": _nested("section_enrollment", rows)})

    @staticmethod
    def _seat(row: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": row["dcid"], **{name: value for name, value in row.items() if name != "dcid"}}

    def _seat_count(self, call: Call) -> Answer:
        return Answer(200, {"resource": {"count": self.store.count("CC", {"a": call.params["key"]})}})

    def _section(self, call: Call) -> Answer:
        return Answer(200, {"section": self._shown_section(self._one("SECTIONS", call.params["key"]))})

    def _shown_section(self, row: Mapping[str, Any]) -> dict[str, Any]:
        staff = next(one for one in self.store.documents("SCHOOLSTAFF") if one["id"] == row["teacher"])
        term = next(one for one in self.store.documents("TERMS") if one["id"] == row["termid"])
        return {
            "id": row["dcid"],
            "school_id": SCHOOL,
            "course_id": 1,
            "term_id": term["dcid"],
            "section_number": row["section_number"],
            "expression": "1(A)",
            "staff_id": staff["dcid"],
        }

    def _term(self, call: Call) -> Answer:
        row = self._one("TERMS", call.params["key"])
        shown = {"id": row["dcid"], "local_id": row["id"], "school_id": SCHOOL, "name": row["name"]}
        dates = {
            "start_year": row["yearid"] + 1990,
            "start_date": row["firstday"],
            "end_date": row["lastday"],
        }
        return Answer(200, {"term": {**shown, **dates, "abbreviation": row["abbreviation"]}})

    def _student(self, call: Call) -> Answer:
        return Answer(200, {"student": _shown_student(self._one("STUDENTS", call.params["key"]))})

    def _staff(self, call: Call) -> Answer:
        row = self._one("SCHOOLSTAFF", call.params["key"])
        user = self._one("USERS", str(row["users_dcid"]))
        shown = {"id": row["dcid"], "local_id": user["teachernumber"], "users_dcid": user["dcid"]}
        return Answer(200, {"staff": shown})

    def _metadata(self, _: Call) -> Answer:
        sizes = {"schema_table_query_max_page_size": MAX_PAGE, "student_max_page_size": MAX_PAGE}
        return Answer(200, {"metadata": {"powerschool_version": "practice", **sizes}})

    def _listing(self, name: str, *, is_count: bool) -> Handler:
        def rows(call: Call) -> list[dict[str, Any]]:
            if call.params.get("school", str(SCHOOL)) != str(SCHOOL):
                raise refused(404, "Not Found")
            if name == "school":
                return [{"id": SCHOOL, "school_number": SCHOOL, "name": f"School {SCHOOL}"}]
            if name == "section":
                return [self._shown_section(row) for row in self.store.documents("SECTIONS")]
            return [_shown_student(row) for row in self.store.documents("STUDENTS")]

        def answer(call: Call) -> Answer:
            found = rows(call)
            if is_count:
                return Answer(200, {"resource": {"count": len(found)}})
            size, page = int(call.query.get("pagesize", MAX_PAGE)), int(call.query.get("page", 1))
            if not 0 < size <= MAX_PAGE or page < 1:
                raise refused(400, f"pagesize must not be greater than {MAX_PAGE}", field="pagesize")
            return Answer(200, {f"{name}s": _nested(name, found[(page - 1) * size : page * size])})

        return answer

    def _one(self, table: str, key: str) -> dict[str, Any]:
        found = self.store.get(table, key)
        if found is None:
            raise refused(404, "Not Found")
        return found


def _nested(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Put a list below its name as PowerSchool does: a single one stands there without a list around it."""
    if not rows:
        return {}
    return {name: rows[0] if len(rows) == 1 else rows}


def _shown_student(row: Mapping[str, Any]) -> dict[str, Any]:
    name = {"first_name": row["first_name"], "last_name": row["last_name"]}
    return {"id": row["dcid"], "local_id": row["student_number"], "name": name}


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
