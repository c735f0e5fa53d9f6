"""A practice Aeries: the roster and gradebook end points of its API, version 5, behind a certificate.

Filling is `aeries_v5_fill`, the roster `aeries_v5_reads`, what is done with what is sent `aeries_v5_writes`.
Section, student and staff numbers are the site's own; the School's ids are in text fields, which the settings of a
practice district name.

Source: Aeries "API full documentation" and its articles on School-, Scheduling-, Student-, Staff- and
Gradebook-related end points.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.sandbox.aeries_v5_fill import fill_aeries
from gradeflow.sandbox.aeries_v5_reads import Reads, document_of
from gradeflow.sandbox.aeries_v5_writes import Writer, refused
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.practice import Practice, Secret, ServerSpec
from gradeflow.sandbox.school import School
from gradeflow.sandbox.store import Document, Store
from gradeflow.sandbox.wire import Answer, Call, EditError, Endpoint, Handler

BASE_PATH = "/aeries/api/v5"
DATA, SCORES = "Gradebook Data", "Gradebook Scores"
AREAS = {
    DATA: "Read,Update",
    SCORES: "Read,Update",
    "Master Schedule": "Read",
    "Student Data": "Read",
    "Staff Data": "Read",
}
EDITABLE = (
    "schools",
    "sections",
    "students",
    "staff",
    "gradebooks",
    "seats",
    "assignments",
    "scores",
    "areas",
)


class AeriesServer:
    """One practice site."""

    base_path = BASE_PATH

    def __init__(self, store: Store, clock: Clock, *, certificate: str) -> None:
        self.store = store
        self.clock = clock
        self._certificate = certificate
        self._reads = Reads(store)
        self._writer = Writer(store, clock, ZoneInfo(store.setting("timezone") or "UTC"))

    def endpoints(self) -> list[Endpoint]:
        """Give the table of routes, the busiest first. Aeries does not tell capitals in an address."""
        read, write = "Read", "Update"
        table: list[tuple[str, str, tuple[str, str] | None, Handler]] = [
            ("POST", "/gradebooks/[Aa]ssignments/{key}/[Ss]cores", (SCORES, write), self._score),
            ("POST", "/gradebooks/{book}/[Aa]ssignments/{number}/[Ss]cores", (SCORES, write), self._score),
            ("GET", "/gradebooks/[Aa]ssignments/{key}/[Ss]cores", (SCORES, read), self._scores),
            ("GET", "/gradebooks/[Aa]ssignments/{key}/[Ss]cores/{student}", (SCORES, read), self._scores),
            ("GET", "/gradebooks/{book}/[Aa]ssignments/{number}/[Ss]cores", (SCORES, read), self._scores),
            (
                "GET",
                "/gradebooks/{book}/[Aa]ssignments/{number}/[Ss]cores/{student}",
                (SCORES, read),
                self._scores,
            ),
            ("PUT", "/gradebooks/[Aa]ssignments/{key}", (DATA, write), self._update),
            ("GET", "/gradebooks/[Aa]ssignments/{key}", (DATA, read), self._assignment),
            ("POST", "/gradebooks/{book}/[Aa]ssignments", (DATA, write), self._insert),
            ("GET", "/gradebooks/{book}/[Aa]ssignments", (DATA, read), self._assignments),
            ("PUT", "/gradebooks/{book}/[Aa]ssignments/{number}", (DATA, write), self._update),
            ("GET", "/gradebooks/{book}/[Aa]ssignments/{number}", (DATA, read), self._assignment),
            ("GET", "/gradebooks/{book}/{term}/students", (DATA, read), self._reads.seats),
            ("GET", "/gradebooks/{book}/{term}/students/{student}", (DATA, read), self._reads.seats),
            ("GET", "/gradebooks/{book}", (DATA, read), self._reads.gradebook),
            ("GET", "/staff/{staff}/gradebooks", (DATA, read), self._reads.gradebooks_of_staff),
            ("GET", "/schools/{school}/sections/{section}/gradebooks", (DATA, read), self._reads.gradebooks),
            ("GET", "/schools/{school}/sections/{section}", ("Master Schedule", read), self._reads.section),
            ("GET", "/schools/{school}/sections", ("Master Schedule", read), self._reads.sections),
            ("GET", "/schools/{school}/students", ("Student Data", read), self._reads.students),
            ("GET", "/schools/{school}/students/{student}", ("Student Data", read), self._reads.students),
            ("GET", "/schools/{school}/terms", None, self._reads.terms),
            ("GET", "/schools/{school}", None, self._reads.school),
            ("GET", "/schools", None, self._reads.schools),
            ("GET", "/staff", ("Staff Data", read), self._reads.staff),
        ]
        made = [
            Endpoint(method, BASE_PATH + spelling, self._guarded(area, handler))
            for method, template, area, handler in table
            for spelling in _spellings(template)
        ]
        return [*made, Endpoint("GET", f"{BASE_PATH}/systeminfo", self._reads.system)]

    def edit(self, edit: Mapping[str, Any]) -> None:
        """Change a document as a teacher or the office would.

        `{"collection", "key", "set"}`: `set` changes fields, creates what is unknown, and removes it where it is
        null. An assignment takes its scores with it. Of a score, `Mark` alone is what a teacher types: a number
        becomes NumberCorrect, NA and TX excuse, blank clears. `areas` are the certificate's: `Read,Update`.

        Raises:
            EditError: an unknown collection, or an object that is not there.
        """
        if set(edit) != {"collection", "key", "set"} or edit["collection"] not in EDITABLE:
            msg = f"an edit has exactly the keys collection ({', '.join(EDITABLE)}), key, set"
            raise EditError(msg)
        name, key, changes = edit["collection"], str(edit["key"]), edit["set"]
        if name == "areas":
            self.store.set_setting(f"area {key}", str(changes or ""))
        elif changes is None:
            if name == "assignments":
                self.store.delete_where("scores", {"a": key})
            if not self.store.delete(name, key):
                msg = f"there is nothing under {name} {key}"
                raise EditError(msg)
        else:
            self._edited(name, key, dict(changes))

    def expire_tokens(self) -> None:
        """Do nothing: a certificate does not expire."""

    def no_route(self, path: str) -> Answer:
        """Answer for an address that Aeries does not have."""
        return Answer(404, {"Message": f"No HTTP resource was found that matches the request URI '{path}'."})

    def _edited(self, name: str, key: str, changes: dict[str, Any]) -> None:
        before = self.store.get(name, key)
        if name == "assignments":
            if before is None:
                msg = "an assignment is made by posting it"
                raise EditError(msg)
            code = changes.pop("AssignmentCategoryCode", None)
            if code is not None:
                gradebook = self.store.get("gradebooks", str(before["GradebookNumber"])) or {}
                changes["AssignmentCategory"] = next(
                    one for one in gradebook["AssignmentCategories"] if one["Code"] == code
                )
            self._writer.put_assignment({**before, **changes})
        elif name == "scores":
            assignment = self.store.get("assignments", key.partition("/")[0])
            if before is None or assignment is None:
                msg = f"there is no score {key}; a key is UniqueID/StudentID"
                raise EditError(msg)
            if set(changes) == {"Mark"}:
                changes["NumberCorrect"] = _number(changes["Mark"])
            self._writer.put_score(assignment, {**before, **changes})
        else:
            parts = key.split("/")
            lookups = {"sections": parts[:1], "seats": [parts[0], "/".join(parts[:2])]}.get(name, [])
            if name == "gradebooks":
                section = (changes.get("Sections") or (before or {}).get("Sections") or [{}])[0]
                lookups = [f"{section.get('SchoolCode')}/{section.get('SectionNumber')}"]
            self.store.put(Document(name, key, {**(before or {}), **changes}, *lookups))

    def _guarded(self, area: tuple[str, str] | None, handler: Handler) -> Handler:
        def answer(call: Call) -> Answer:
            given = call.headers.get("AERIES-CERT") or call.query.get("cert") or ""
            if not secrets.compare_digest(given.encode(), self._certificate.encode()):
                raise refused(401, "The certificate is missing or not valid.")
            year = call.query.get("DatabaseYear")
            if year not in {None, "", self.store.setting("database_year")}:
                raise refused(400, "Invalid DatabaseYear.")
            if area is not None:
                granted = self.store.setting(f"area {area[0]}")
                if area[1] not in (AREAS[area[0]] if granted is None else granted).split(","):
                    raise refused(401, f'The district has not set permissions for "{area[0]}" - {area[1]}.')
            return handler(call)

        return answer

    def _assignments(self, call: Call) -> Answer:
        document_of(self.store, "gradebooks", call.params["book"], "gradebook")
        found = self.store.documents("assignments", {"a": call.params["book"]})
        return Answer(200, sorted(found, key=lambda one: one["AssignmentNumber"]))

    def _assignment(self, call: Call) -> Answer:
        return Answer(200, self._found(call))

    def _insert(self, call: Call) -> Answer:
        gradebook = document_of(self.store, "gradebooks", call.params["book"], "gradebook")
        return Answer(201, self._writer.insert(gradebook, call.json()))

    def _update(self, call: Call) -> Answer:
        return Answer(200, self._writer.update(self._found(call), call.json()))

    def _score(self, call: Call) -> Answer:
        return Answer(200, self._writer.score(self._found(call), call.json()))

    def _scores(self, call: Call) -> Answer:
        key = str(self._found(call)["UniqueID"])
        wanted = call.params.get("student")
        if wanted is not None:
            return Answer(200, document_of(self.store, "scores", f"{key}/{wanted}", "score"))
        return Answer(200, self.store.documents("scores", {"a": key}))

    def _found(self, call: Call) -> dict[str, Any]:
        if "key" in call.params:
            return document_of(self.store, "assignments", call.params["key"].upper(), "assignment")
        place = f"{call.params['book']}/{call.params['number']}"
        rows = self.store.documents("assignments", {"b": place})
        if not rows:
            raise refused(404, "The assignment was not found.")
        return rows[0]


def _spellings(template: str) -> list[str]:
    small = template.replace("[Aa]", "a").replace("[Ss]", "s")
    large = template.replace("[Aa]", "A").replace("[Ss]", "S")
    mixed = template.replace("[Aa]", "a").replace("[Ss]", "S")
    return list(dict.fromkeys((small, large, mixed)))


def _number(mark: Any) -> float | None:
    try:
        return float(mark)
    except (TypeError, ValueError):
        return None


def _settings(spec: ServerSpec) -> Mapping[str, Any]:
    return {
        "base_url": f"{spec.origin}/aeries",
        "certificate": Secret("certificate"),
        "section_id": "{UserCode1}",
        "student_id": "{StateStudentID}",
        "teacher_id": "{HumanResourcesSystemID}",
        "period_id": "{TermDescription}",
    }


def _fill(spec: ServerSpec, school: School, clock: Clock) -> None:
    del clock  # nothing in Aeries bears the time at which it was made
    with closing(spec.store()) as store:
        fill_aeries(store, school)


PRACTICES = (
    Practice(
        kind="aeries_v5",
        side="sis",
        label="Aeries (API v5)",
        secrets=("certificate",),
        settings=_settings,
        fill=_fill,
        serve=lambda spec, clock: AeriesServer(spec.store(), clock, **spec.secrets),
    ),
)
