"""What a practice Aeries gives of its roster and of its gradebooks; whoever asks was let in before.

Source: Aeries' articles on School-, Scheduling-, Student-, Staff- and Gradebook-related end points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gradeflow.sandbox.aeries_v5_writes import refused
from gradeflow.sandbox.store import Store
from gradeflow.sandbox.wire import Answer, Call


@dataclass(frozen=True, slots=True)
class Reads:
    """Reads one site's store."""

    store: Store

    def system(self, _: Call) -> Answer:
        """Give what the site says of itself."""
        year = self.store.setting("database_year")
        return Answer(
            200, {"AeriesVersion": "practice", "DatabaseYear": year, "AvailableDatabaseYears": [year]}
        )

    def schools(self, _: Call) -> Answer:
        """Give all schools."""
        return Answer(200, self.store.documents("schools"))

    def school(self, call: Call) -> Answer:
        """Give one school."""
        return Answer(200, document_of(self.store, "schools", call.params["school"], "school"))

    def terms(self, call: Call) -> Answer:
        """Give the terms of a school."""
        return Answer(200, document_of(self.store, "schools", call.params["school"], "school")["Terms"])

    def sections(self, call: Call) -> Answer:
        """Give the sections of a school."""
        return Answer(200, self.store.documents("sections", {"a": call.params["school"]}))

    def section(self, call: Call) -> Answer:
        """Give one section."""
        place = f"{call.params['school']}/{call.params['section']}"
        return Answer(200, document_of(self.store, "sections", place, "section"))

    def students(self, call: Call) -> Answer:
        """Give students of a school in the order of their numbers; by number it is still an array."""
        rows = [
            one for one in self.store.documents("students") if str(one["SchoolCode"]) == call.params["school"]
        ]
        wanted = call.params.get("student")
        if wanted is not None:
            return Answer(
                200, [one for one in self.store.documents("students") if str(one["StudentID"]) == wanted]
            )
        first, last = (call.query.get(name) for name in ("StartingRecord", "EndingRecord"))
        start, end = int(first or 1) - 1, int(last) if last else None
        return Answer(200, rows[start:end])

    def gradebooks(self, call: Call) -> Answer:
        """Give the gradebooks of a section."""
        place = f"{call.params['school']}/{call.params['section']}"
        document_of(self.store, "sections", place, "section")
        found = self.store.documents("gradebooks")
        return Answer(200, [one for one in found if _serves(one, place)])

    def gradebooks_of_staff(self, call: Call) -> Answer:
        """Give the gradebooks of a teacher's sections."""
        document_of(self.store, "staff", call.params["staff"], "staff")
        own = {
            f"{one['SchoolCode']}/{one['SectionNumber']}"
            for one in self.store.documents("sections")
            if any(str(member["StaffID"]) == call.params["staff"] for member in one["SectionStaffMembers"])
        }
        found = self.store.documents("gradebooks")
        return Answer(200, [one for one in found if any(_serves(one, place) for place in own)])

    def gradebook(self, call: Call) -> Answer:
        """Give one gradebook."""
        return Answer(200, document_of(self.store, "gradebooks", call.params["book"], "gradebook"))

    def seats(self, call: Call) -> Answer:
        """Give the students of a gradebook in a term; by number it is still an array."""
        gradebook = document_of(self.store, "gradebooks", call.params["book"], "gradebook")
        if call.params["term"] not in {term["Code"] for term in gradebook["Terms"]}:
            raise refused(404, "The gradebook has no such term.")
        place = f"{call.params['book']}/{call.params['term']}"
        rows = self.store.documents("seats", {"b": place})
        wanted = call.params.get("student")
        return Answer(200, [one for one in rows if wanted in {None, str(one["StudentID"])}])

    def staff(self, _: Call) -> Answer:
        """Give all members of staff."""
        return Answer(200, self.store.documents("staff"))


def document_of(store: Store, collection: str, key: str, what: str) -> dict[str, Any]:
    """Give one document.

    Raises:
        AnsweredError: there is none.
    """
    found = store.get(collection, key)
    if found is None:
        raise refused(404, f"The {what} was not found.")
    return found


def _serves(gradebook: Mapping[str, Any], place: str) -> bool:
    return any(f"{one['SchoolCode']}/{one['SectionNumber']}" == place for one in gradebook["Sections"])
