"""The reads of a OneRoster provider: one object, or a page of many."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.oneroster_facts import is_current
from gradeflow.sandbox.oneroster_objects import Collection, unknown
from gradeflow.sandbox.oneroster_query import is_plain, page_of, selected, trimmed
from gradeflow.sandbox.oneroster_versions import Object, Version
from gradeflow.sandbox.oneroster_views import ANY_ROLE, GRADEBOOK, Single, View
from gradeflow.sandbox.store import Lookup, Store
from gradeflow.sandbox.wire import Answer, Call, Handler


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one provider's store in one version.

    Attributes:
        base: path before the roots of the version's services.
        only: collections of which it shows these objects and no others.
        is_alone: whether nobody writes in another version, with fields that this one lacks.
    """

    store: Store
    clock: Clock
    zone: ZoneInfo
    version: Version
    base: str
    only: Mapping[str, frozenset[str]]
    is_alone: bool

    def one(self, single: Single) -> Handler:
        """Make the handler that gives one object."""
        collection = self.version.collections[single.collection]

        def answer(call: Call) -> Answer:
            found = self.store.get(single.collection, call.params["key"])
            is_other = (
                found is not None and single.must is not None and found[single.must[0]] != single.must[1]
            )
            if found is None or is_other or not self._visible(single.collection, [found]):
                raise unknown(collection.one, call.params["key"])
            shown = self._shaped(call, collection, [found])
            return Answer(200, {collection.one: trimmed(call, collection, shown)[0]})

        return answer

    def many(self, view: View) -> Handler:
        """Make the handler that gives a page of many objects."""
        collection = self.version.collections[view.collection]

        def answer(call: Call) -> Answer:
            for parameter, parent in view.parents.items():
                if not self.store.has(parent, call.params[parameter]):
                    raise unknown(self.version.collections[parent].one, call.params[parameter])
            by = {k: v[1:] if v.startswith("=") else call.params[v] for k, v in view.by.items()}
            if self._is_stored_text(view) and is_plain(call):
                return self._plain_page(call, collection, by)
            page = page_of(call)
            found = self._shaped(call, collection, self._found(view, by))
            found = selected(call, collection, found)
            shown = trimmed(call, collection, found[page.offset : page.offset + page.limit])
            return Answer(200, {collection.many: shown}, page.headers(call, len(found)))

        return answer

    def _is_stored_text(self, view: View) -> bool:
        is_part = view.through is not None or view.or_everywhere or view.collection in self.only
        is_shared = view.collection in GRADEBOOK and not self.is_alone
        return self.version.name == "1.1" and not is_part and not is_shared

    def _plain_page(self, call: Call, collection: Collection, by: Lookup) -> Answer:
        page = page_of(call)
        texts = self.store.texts(collection.many, by, limit=page.limit, offset=page.offset)
        headers = page.headers(call, self.store.count(collection.many, by))
        # Stored text goes out as it is: parsing thousands of rows only to write them again would be felt
        return Answer(200, f'{{"{collection.many}":[{",".join(texts)}]}}'.encode(), headers)

    def _found(self, view: View, by: Mapping[str, str]) -> list[Object]:
        if view.through is not None:
            return self._joined(view, by)
        if view.or_everywhere:
            everywhere = [o for o in self.store.documents(view.collection) if not _class_of(o)]
            return [*everywhere, *self.store.documents(view.collection, by)]
        return self._visible(view.collection, self.store.documents(view.collection, by))

    def _visible(self, name: str, found: list[Object]) -> list[Object]:
        if name not in self.only:
            return found
        return [one for one in found if one["sourcedId"] in self.only[name]]

    def _joined(self, view: View, by: Lookup) -> list[Object]:
        today = self.clock.now().astimezone(self.zone).date()
        other = "class" if view.collection == "classes" else "user"
        stays = self.store.documents("enrollments", by)
        keys = [
            stay[other]["sourcedId"]
            for stay in stays
            if view.through in {ANY_ROLE, stay["role"]} and is_current(stay, today)
        ]
        found = (self.store.text(view.collection, key) for key in keys)
        return [json.loads(text) for text in found if text is not None]

    def _shaped(self, call: Call, collection: Collection, found: list[Object]) -> list[Object]:
        return self.version.shaped(found, collection.many, call.origin + self.base)


def _class_of(found: Object) -> Any:
    return (found.get("metadata") or {}).get("classId")
