"""The roster of a practice PowerSchool as `/ws/v1` shows it: sections, seats, terms, students, staff.

Source: PowerSchool API "V1" as transcribed by others; one-element lists as public client libraries handle them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradeflow.sandbox.powerschool_xte_fill import SCHOOL
from gradeflow.sandbox.powerschool_xte_tables import MAX_PAGE, refused, row_of
from gradeflow.sandbox.store import Store
from gradeflow.sandbox.wire import Answer, Call, Handler


class Reads:
    """The reading half of a server; whoever asks was let in before."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def table(self) -> list[tuple[str, str, Handler]]:
        """Give the rows of the table of routes."""
        return [
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

    def _seats(self, call: Call) -> Answer:
        row_of(self.store, "SECTIONS", call.params["key"])
        rows = [self._seat(row) for row in self.store.documents("CC", {"a": call.params["key"]})]
        rows.sort(key=lambda row: (row["student_id"], row["entry_date"]))
        return Answer(200, {"section_enrollments": _nested("section_enrollment", rows)})

    @staticmethod
    def _seat(row: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": row["dcid"], **{name: value for name, value in row.items() if name != "dcid"}}

    def _seat_count(self, call: Call) -> Answer:
        return Answer(200, {"resource": {"count": self.store.count("CC", {"a": call.params["key"]})}})

    def _section(self, call: Call) -> Answer:
        return Answer(
            200, {"section": self._shown_section(row_of(self.store, "SECTIONS", call.params["key"]))}
        )

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
        row = row_of(self.store, "TERMS", call.params["key"])
        shown = {"id": row["dcid"], "local_id": row["id"], "school_id": SCHOOL, "name": row["name"]}
        dates = {
            "start_year": row["yearid"] + 1990,
            "start_date": row["firstday"],
            "end_date": row["lastday"],
        }
        return Answer(200, {"term": {**shown, **dates, "abbreviation": row["abbreviation"]}})

    def _student(self, call: Call) -> Answer:
        return Answer(200, {"student": _shown_student(row_of(self.store, "STUDENTS", call.params["key"]))})

    def _staff(self, call: Call) -> Answer:
        row = row_of(self.store, "SCHOOLSTAFF", call.params["key"])
        user = row_of(self.store, "USERS", str(row["users_dcid"]))
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


def _nested(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Put a list below its name as PowerSchool does: a single one stands there without a list around it."""
    if not rows:
        return {}
    return {name: rows[0] if len(rows) == 1 else rows}


def _shown_student(row: Mapping[str, Any]) -> dict[str, Any]:
    name = {"first_name": row["first_name"], "last_name": row["last_name"]}
    return {"id": row["dcid"], "local_id": row["student_number"], "name": name}
