"""What a practice PowerTeacher Pro does with assignments and scores that are sent.

What a district measured on its test server (2026-09) is done so: a create answers 201 with an empty body and an
address that ends in the assignment's id; a score is created or replaced by student; one student who is not on the
assignment refuses the whole call with 409; a deleted assignment answers 500; a score above the maximum is taken;
`totalpointvalue` is points times weight; a due date outside the section's term is refused. That a name is cut at
50 characters is reported only.

Source: PowerSchool API "XTE" as transcribed by others, and those notes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.powerschool_xte_tables import refused, require
from gradeflow.sandbox.store import Document, Store
from gradeflow.sandbox.wire import Answer, AnsweredError

NAME_MAX = 50
FIRST_ASSIGNMENT, FIRST_PART, FIRST_SCORE = 20001, 70001, 90001
SECTION_COLUMNS = ("sectionsdcid", "name", "duedate", "scoretype", "scoreentrypoints", "weight")
# The server fills the first of these itself, and still wants it granted
CREATE_COLUMNS = (
    "assignment.createdbyplugin",
    *(f"assignmentsection.{name}" for name in SECTION_COLUMNS),
    "assignmentcategoryassoc.teachercategoryid",
)
SCORE_COLUMNS = (
    "studentsdcid",
    "actualscoreentered",
    "actualscorekind",
    "scoretype",
    "scorepoints",
    "isexempt",
)
FLAGS = ("isexempt", "islate", "iscollected", "ismissing", "isabsent", "isincomplete")
_SAME = ("name", "scoretype", "scoreentrypoints", "weight")


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes into one server's store."""

    store: Store
    clock: Clock
    zone: ZoneInfo

    def create(self, user: str, sent: Any) -> int:
        """Create an assignment; give its id."""
        require(self.store, *CREATE_COLUMNS)
        parts = self._checked(user, sent)
        key = self._next("assignment", FIRST_ASSIGNMENT)
        self.put(key, [self._part(part, self._next("part", FIRST_PART)) for part in parts])
        return key

    def replace(self, key: int, user: str, sent: Any, update_scores: str | None) -> None:
        """Replace an assignment: what is not sent is not kept."""
        require(self.store, *CREATE_COLUMNS)
        present = self.store.get("assignments", str(key))
        if present is None:
            raise refused(404, "Not Found")
        before = {one["sectionsdcid"]: one for one in present["_assignmentsections"]}
        parts = self._checked(user, sent)
        if {part["sectionsdcid"] for part in parts} != set(before):
            raise refused(409, "Validation Failed", field="_assignmentsections", code="AllSectionsRequired")
        made = [self._part(part, before[part["sectionsdcid"]]["assignmentsectionid"]) for part in parts]
        for part in made:
            self._rescored(before[part["sectionsdcid"]], part, update_scores)
        self.put(key, made)

    def put(self, key: int, parts: list[dict[str, Any]]) -> None:
        """Store an assignment."""
        body = {
            "_name": "assignment",
            "_id": key,
            "assignmentid": key,
            "hasstandards": False,
            "_assignmentsections": parts,
        }
        self.store.put(Document("assignments", str(key), body))

    def delete(self, key: int, *, force: bool) -> None:
        """Delete an assignment with its scores; where it has some, only if forced."""
        present = self.store.get("assignments", str(key))
        if present is None:
            raise refused(404, "Not Found")
        parts = [str(one["assignmentsectionid"]) for one in present["_assignmentsections"]]
        if not force and any(self.store.count("ASSIGNMENTSCORE", {"a": part}) for part in parts):
            raise refused(412, "Validation Error - Assignment has grades associated")
        for part in parts:
            self.store.delete_where("ASSIGNMENTSCORE", {"a": part})
        self.store.delete("assignments", str(key))

    def score(self, sent: Any, term: str | None) -> list[dict[str, Any]]:
        """Create or replace scores, all or none; give what was stored."""
        require(self.store, *(f"assignmentscore.{name}" for name in SCORE_COLUMNS))
        rows = sent.get("assignment_scores") if isinstance(sent, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise refused(400, "assignment_scores must be an array", field="assignment_scores")
        if not term:
            raise refused(400, "term_id is required", field="term_id")
        parts = {
            int(one["assignmentsectionid"]): one
            for assignment in self.store.documents("assignments")
            for one in assignment["_assignmentsections"]
        }
        strangers = []
        for row in rows:
            key = (row.get("_assignmentsection") or {}).get("assignmentsectionid")
            if key not in parts:
                raise refused(500, f"Unable to find com.pearson.pix.AssignmentSection with id {key}")
            self._refuse_locked(parts[key]["sectionsdcid"])
            if not self._sits(parts[key]["sectionsdcid"], row.get("studentsdcid")):
                strangers.append(row.get("studentsdcid"))
        if strangers:
            errors = [
                {
                    "resource": "AssignmentScore",
                    "code": "StudentNotAssigned",
                    "params": {"student_dcid": str(one)},
                }
                for one in strangers
            ]
            raise AnsweredError(Answer(409, {"message": "Validation Failed", "errors": errors}))
        return [self._scored(row) for row in rows]

    def put_score(self, part: int, student: int, values: Mapping[str, Any]) -> dict[str, Any]:
        """Store a score over what is there: what is not given stays."""
        place = f"{part}/{student}"
        before = self.store.get("ASSIGNMENTSCORE", place)
        fresh = {
            "actualscoreentered": None,
            "actualscorekind": "REAL_SCORE",
            "scoretype": "POINTS",
            "scorepoints": None,
        }
        row = {**fresh, **dict.fromkeys(FLAGS, False), **(before or {}), **values}
        row["assignmentscoreid"] = (before or {}).get("assignmentscoreid") or self._next("score", FIRST_SCORE)
        row |= {"dcid": row["assignmentscoreid"], "assignmentsectionid": part, "studentsdcid": student}
        self.store.put(Document("ASSIGNMENTSCORE", place, row, str(part), str(student)))
        return row

    def _scored(self, row: Mapping[str, Any]) -> dict[str, Any]:
        kept = ("actualscoreentered", "actualscorekind", "scoretype", "scorepoints", *FLAGS)
        values = {name: row[name] for name in kept if name in row}
        stored = self.put_score(row["_assignmentsection"]["assignmentsectionid"], row["studentsdcid"], values)
        return {name: stored[name] for name in ("assignmentscoreid", "studentsdcid")} | {
            "_name": "assignmentscore"
        }

    def _checked(self, user: str, sent: Any) -> list[dict[str, Any]]:
        parts = sent.get("_assignmentsections") if isinstance(sent, dict) else None
        if not isinstance(parts, list) or not parts or not all(isinstance(one, dict) for one in parts):
            raise refused(400, "_assignmentsections is required", field="_assignmentsections")
        for part in parts:
            self._check(user, part)
        if any(part.get(name) != parts[0].get(name) for part in parts for name in _SAME):
            raise refused(409, "Validation Failed", field="_assignmentsections", code="MustBeIdentical")
        return parts

    def _check(self, user: str, part: Mapping[str, Any]) -> None:
        section = self.store.get("SECTIONS", str(part.get("sectionsdcid")))
        if section is None:
            raise refused(409, "Validation Failed", field="sectionsdcid", code="NotFound")
        self._refuse_locked(section["dcid"])
        if not str(part.get("name") or "").strip():
            raise refused(409, "Validation Failed", field="name", code="Required")
        points = part.get("scoreentrypoints")
        if isinstance(points, bool) or not isinstance(points, int | float) or points < 0:
            raise refused(409, "Validation Failed", field="scoreentrypoints", code="Invalid")
        self._check_due(part.get("duedate"), section)
        links = part.get("_assignmentcategoryassociations") or []
        own = {one["teachercategoryid"]: one for one in self.store.documents("TEACHERCATEGORY", {"a": user})}
        for link in links:
            found = own.get(link.get("teachercategoryid"))
            out = {one["sectionsdcid"] for one in (found or {}).get("_categoryschoolexcludeassocs", [])}
            if found is None or not found["isactive"] or section["dcid"] in out:
                raise refused(409, "Validation Failed", field="teachercategoryid", code="Invalid")
        if not links:
            raise refused(409, "Validation Failed", field="_assignmentcategoryassociations", code="Required")

    def _check_due(self, value: Any, section: Mapping[str, Any]) -> None:
        term = next(one for one in self.store.documents("TERMS") if one["id"] == section["termid"])
        try:
            day = dt.date.fromisoformat(str(value)).isoformat()
        except ValueError:
            raise refused(409, "Validation Failed", field="duedate", code="Invalid") from None
        if not term["firstday"] <= day <= term["lastday"]:
            raise refused(409, "Validation Failed", field="duedate", code="OutsideTerm")

    def _refuse_locked(self, section_dcid: int) -> None:
        section = self.store.get("SECTIONS", str(section_dcid)) or {}
        if self.store.setting(f"locked {section.get('termid')}") == "yes":
            raise refused(409, "The term is locked.", resource="Term", code="TermLocked")

    def _part(self, sent: Mapping[str, Any], key: int) -> dict[str, Any]:
        weight = sent.get("weight", 1)
        total = Decimal(str(sent["scoreentrypoints"])) * Decimal(str(weight))
        links = []
        for at, link in enumerate(sent["_assignmentcategoryassociations"]):
            name = (self.store.get("TEACHERCATEGORY", str(link["teachercategoryid"])) or {}).get("name")
            links.append(
                {
                    "_name": "assignmentcategoryassoc",
                    "_id": key * 10 + at,
                    "assignmentcategoryassocid": key * 10 + at,
                    "teachercategoryid": link["teachercategoryid"],
                    "isprimary": bool(link.get("isprimary", at == 0)),
                    "_teachercategory": {"_name": "teachercategory", "name": name},
                }
            )
        return {
            "_name": "assignmentsection",
            "_id": key,
            "assignmentsectionid": key,
            "sectionsdcid": sent["sectionsdcid"],
            "name": str(sent["name"]).strip()[:NAME_MAX],
            "description": sent.get("description"),
            "duedate": sent["duedate"],
            "scoretype": sent.get("scoretype", "POINTS"),
            "scoreentrypoints": sent["scoreentrypoints"],
            "totalpointvalue": int(total) if total == int(total) else float(total),
            "weight": weight,
            "iscountedinfinalgrade": bool(sent.get("iscountedinfinalgrade", False)),
            "isscoringneeded": bool(sent.get("isscoringneeded", False)),
            "isscorespublish": bool(sent.get("isscorespublish", True)),
            "publishoption": sent.get("publishoption", "Immediately"),
            "_assignmentcategoryassociations": links,
        }

    def _rescored(
        self, before: Mapping[str, Any], part: Mapping[str, Any], update_scores: str | None
    ) -> None:
        key = str(part["assignmentsectionid"])
        names = ("scoreentrypoints", "scoretype")
        if all(before[name] == part[name] for name in names) or not self.store.count(
            "ASSIGNMENTSCORE", {"a": key}
        ):
            return
        if update_scores is None:
            raise refused(409, "Validation Failed", field="update_scores", code="Required")
        if update_scores == "true" and before["scoreentrypoints"]:
            for row in self.store.documents("ASSIGNMENTSCORE", {"a": key}):
                if row["scorepoints"] is not None:
                    share = Decimal(str(row["scorepoints"])) / Decimal(str(before["scoreentrypoints"]))
                    points = float(share * Decimal(str(part["scoreentrypoints"])))
                    entered = {"scorepoints": points, "actualscoreentered": f"{points:g}"}
                    self.put_score(row["assignmentsectionid"], row["studentsdcid"], entered)

    def _sits(self, section: int, student: Any) -> bool:
        today = self.clock.now().astimezone(self.zone).date().isoformat()
        stays = self.store.documents("CC", {"a": str(section), "b": str(student)})
        return any(not one["dropped"] and one["exit_date"] > today for one in stays)

    def _next(self, what: str, first: int) -> int:
        key = int(self.store.setting(f"next {what}") or first)
        self.store.set_setting(f"next {what}", str(key + 1))
        return key
