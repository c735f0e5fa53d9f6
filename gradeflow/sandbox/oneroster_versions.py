"""What differs between OneRoster 1.1 and 1.2: roots, scopes, the fields of objects, and how errors are told.

One provider may serve both over the same gradebook; what is stored has 1.1's form, and 1.2's is made of it.

Source: the REST bindings of OneRoster 1.1 and 1.2 (rostering and gradebook services) as public client
libraries and 1EdTech's OpenAPI files repeat them, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gradeflow.sandbox.oneroster_objects import COLLECTIONS, Collection, reference
from gradeflow.sandbox.oneroster_views import GRADEBOOK
from gradeflow.sandbox.wire import Answer

_SCOPES = "https://purl.imsglobal.org/spec/or"
_ROSTERING, _GRADEBOOK = "rostering", "gradebook"
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the standard.

    Attributes:
        roots: service to the path of its root below the provider's base.
        scope_prefix: what stands before the names of scopes.
        scope_names: all that may be asked for.
        collections: what it knows, and the fields of each.
        has_core: whether the `-core` scopes give whole collections only.
        told: makes its error answer of 1.1's.
    """

    name: str
    roots: Mapping[str, str]
    scope_prefix: str
    scope_names: tuple[str, ...]
    collections: Mapping[str, Collection]
    has_core: bool
    told: Callable[[Answer], Answer]

    def service(self, collection: str) -> str:
        """Tell which service a collection belongs to."""
        return _GRADEBOOK if collection in GRADEBOOK else _ROSTERING

    def root(self, collection: str) -> str:
        """Give the path of the service that a collection belongs to."""
        return self.roots[self.service(collection)]

    @property
    def scopes(self) -> frozenset[str]:
        """All scopes that may be asked for."""
        return self._named(*self.scope_names)

    def reading(self, collection: str, *, is_whole: bool) -> frozenset[str]:
        """Give the scopes of which one is needed to read."""
        area = {_GRADEBOOK: "gradebook", _ROSTERING: "roster"}[self.service(collection)]
        core = is_whole or not self.has_core
        names = [f"{area}.readonly", *([f"{area}-core.readonly"] if core else [])]
        return self._named(*names) & self.scopes

    def writing(self, verb: str) -> frozenset[str]:
        """Give the scope that `createput`, `createpost` or `delete` needs."""
        return self._named(f"gradebook.{verb}")

    def _named(self, *names: str) -> frozenset[str]:
        return frozenset(f"{self.scope_prefix}/{name}" for name in names)

    def shaped(self, objects: list[Object], collection: str, base: str) -> list[Object]:
        """Give stored objects as this version shows them.

        Args:
            base: scheme, host and path before the services' roots.
        """
        if self.name == "1.1":
            fields = self.collections[collection].fields
            return [{field: found[field] for field in found if field in fields} for found in objects]
        return [self._shown(found, collection, base) for found in objects]

    def _shown(self, found: Object, collection: str, base: str) -> Object:
        shown = {field: self._linked(value, base) for field, value in found.items()}
        if collection == "users":
            role, orgs = shown.pop("role", None), shown.pop("orgs", [])
            shown["roles"] = [
                {"roleType": "secondary" if place else "primary", "role": role, "org": org}
                for place, org in enumerate(orgs)
            ]
        return shown

    def _linked(self, value: Any, base: str) -> Any:
        """Let references lead to this version's services."""
        if isinstance(value, list):
            return [self._linked(one, base) for one in value]
        if not (isinstance(value, dict) and "href" in value and "type" in value):
            return value
        folder = next((many for many, one in self.collections.items() if one.one == value["type"]), "")
        return {**value, **reference(base + self.root(folder), value["type"], value["sourcedId"])}


_MINOR_1_2 = {
    "unknown object": "unknownobject",
    "invalid data": "invaliddata",
    "unauthorized": "unauthorisedrequest",
    "invalid_blank_selection_field": "invalid_selection_field",
}


def _told_1_2(answer: Answer) -> Answer:
    """Make 1.2's error answer: the minor code is a list of fields in an object."""
    flat = answer.body
    if not isinstance(flat, dict) or not isinstance(flat.get("imsx_codeMinor"), str):
        return answer
    minor = {
        "imsx_codeMinorFieldName": "TargetEndSystem",
        "imsx_codeMinorFieldValue": _MINOR_1_2.get(flat["imsx_codeMinor"], flat["imsx_codeMinor"]),
    }
    body = {
        "imsx_codeMajor": flat["imsx_codeMajor"],
        "imsx_severity": flat["imsx_severity"],
        "imsx_description": flat["imsx_description"],
        "imsx_CodeMinor": {"imsx_codeMinorField": [minor]},
    }
    return replace(answer, body=body)


def _more(many: str, *fields: str, less: tuple[str, ...] = ()) -> Collection:
    known = COLLECTIONS[many]
    return replace(known, fields=(*(name for name in known.fields if name not in less), *fields))


_COLLECTIONS_1_2: Mapping[str, Collection] = {
    **COLLECTIONS,
    "users": _more(
        "users",
        *("userMasterIdentifier", "preferredFirstName", "preferredMiddleName", "preferredLastName"),
        *("pronouns", "roles", "userProfiles", "primaryOrg", "resources"),
        less=("role", "orgs"),
    ),
    "categories": _more("categories", "weight"),
    "lineItems": _more("lineItems", "school", "academicSession", "scoreScale", "learningObjectiveSet"),
    "results": _more(
        "results",
        *("class", "scoreScale", "textScore", "learningObjectiveSet"),
        *("inProgress", "incomplete", "late", "missing"),
    ),
    "scoreScales": Collection(
        "scoreScale",
        "scoreScales",
        (*COLLECTIONS["categories"].fields, "type", "class", "course", "scoreScaleValue"),
    ),
}
# What is stored and what the office may change: the fields of all versions
STORED: Mapping[str, Collection] = {
    many: replace(
        new,
        fields=tuple(dict.fromkeys((*COLLECTIONS[many].fields, *new.fields)))
        if many in COLLECTIONS
        else new.fields,
    )
    for many, new in _COLLECTIONS_1_2.items()
}

V1P1 = Version(
    name="1.1",
    roots={_ROSTERING: "/ims/oneroster/v1p1", _GRADEBOOK: "/ims/oneroster/v1p1"},
    scope_prefix=f"{_SCOPES}/v1p1/scope",
    scope_names=(
        *("roster-core.readonly", "roster.readonly", "roster-demographics.readonly", "resource.readonly"),
        *("gradebook.readonly", "gradebook.createput", "gradebook.delete"),
    ),
    collections=COLLECTIONS,
    has_core=False,
    told=lambda answer: answer,
)
V1P2 = Version(
    name="1.2",
    roots={_ROSTERING: "/ims/oneroster/rostering/v1p2", _GRADEBOOK: "/ims/oneroster/gradebook/v1p2"},
    scope_prefix=f"{_SCOPES}/v1p2/scope",
    scope_names=(
        *("roster-core.readonly", "roster.readonly", "roster-demographics.readonly"),
        *("resource-core.readonly", "resource.readonly", "gradebook-core.readonly", "gradebook.readonly"),
        *("gradebook.createput", "gradebook.createpost", "gradebook.delete"),
    ),
    collections=_COLLECTIONS_1_2,
    has_core=True,
    told=_told_1_2,
)
VERSIONS: Mapping[str, Version] = {version.name: version for version in (V1P1, V1P2)}
