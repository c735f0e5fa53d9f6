"""OneRoster providers as practice SISs: roster and gradebook reads, gradebook writes, over 1.1 and 1.2.

The vendors differ in addresses and doors (`oneroster_vendors`), in what they refuse (`oneroster_refusals`) and
in what they change (`oneroster_alterations`). Reads are `oneroster_reads`, writes `oneroster_writes` and
`oneroster_bulk`, who may come in `oneroster_guard`, filling `oneroster_fill`.

Source: OneRoster 1.1 and 1.2, rostering and gradebook services, REST binding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.oneroster_alterations import CAMPUS, UNCATEGORIZED
from gradeflow.sandbox.oneroster_bulk import BATCHES, posting
from gradeflow.sandbox.oneroster_discovery import document, file_names
from gradeflow.sandbox.oneroster_edit import change
from gradeflow.sandbox.oneroster_fill import fill_oneroster
from gradeflow.sandbox.oneroster_guard import Guard
from gradeflow.sandbox.oneroster_objects import status, unknown
from gradeflow.sandbox.oneroster_reads import Reader
from gradeflow.sandbox.oneroster_vendors import VENDORS, Vendor
from gradeflow.sandbox.oneroster_versions import V1P1, Version
from gradeflow.sandbox.oneroster_views import GRADEBOOK, SINGLES, VIEWS
from gradeflow.sandbox.oneroster_writes import Writer
from gradeflow.sandbox.practice import Practice, Secret, ServerSpec
from gradeflow.sandbox.school import Category, School
from gradeflow.sandbox.store import Store
from gradeflow.sandbox.wire import Answer, AnsweredError, Call, Endpoint, Handler


class OneRosterServer:
    """One practice SIS."""

    def __init__(self, store: Store, clock: Clock, vendor: Vendor, secrets: Mapping[str, str]) -> None:
        self.store = store
        self.clock = clock
        self.base_path = vendor.roots
        self._vendor = vendor
        self._guard = Guard(vendor, secrets, store)
        self._zone = ZoneInfo(store.setting("timezone") or "UTC")
        self._writer = Writer(store, clock, vendor.kind, self._zone, store.setting("base_url") or "")
        # The clock stands still over a restart, yet "changed since" must still tell new from old
        clock.stamp_after(store.latest("dateLastModified"))

    def endpoints(self) -> list[Endpoint]:
        """Give the table of routes, the busiest first."""
        table: list[Endpoint] = []
        for version in self._vendor.versions:
            if version.name not in self._vendor.read_only:
                table += self._writes(version)
        for version in self._vendor.versions:
            table += [*self._discovery(version), *self._reads(version)]
        return [*table, Endpoint("POST", self._vendor.tokens_at, self._guard.give_token)]

    def edit(self, edit: Mapping[str, Any]) -> None:
        """Change state as the office or a teacher would: `oneroster_edit` has the forms.

        Raises:
            EditError: names nothing that exists.
        """
        change(self._writer, edit)

    def expire_tokens(self) -> None:
        """Make every token given out so far invalid."""
        self._guard.expire()

    def no_route(self, path: str) -> Answer:
        """Answer for an address that OneRoster does not have."""
        version = next((v for v in self._vendor.versions if f"/v{v.name.replace('.', 'p')}/" in path), V1P1)
        return version.told(status(404, "unknown object", f"There is no {path}"))

    def _writes(self, version: Version) -> Iterator[Endpoint]:
        for name in reversed(GRADEBOOK):
            if name not in version.collections:
                continue
            path = f"{self._root(version, name)}/{name}/{{key:path}}"
            put, delete = version.writing("createput"), version.writing("delete")
            yield self._endpoint("PUT", path, version, put, self._put(version, name), name)
            if self._vendor.can_delete:
                yield self._endpoint("DELETE", path, version, delete, self._delete(version, name), name)
        if version.name == "1.2":
            for batch in BATCHES:
                path = self._root(version, batch.collection) + batch.template
                handler, scopes = posting(self._writer, version, batch), version.writing("createpost")
                yield self._endpoint("POST", path, version, scopes, handler, batch.collection)

    def _reads(self, version: Version) -> Iterator[Endpoint]:
        base, only = self._vendor.base(version), self._vendor.shown.get(version.name, {})
        is_alone = len(self._vendor.versions) == 1
        reader = Reader(self.store, self.clock, self._zone, version, base, only, is_alone)
        for view in VIEWS:
            if version.name in view.versions:
                path = self._root(version, view.collection) + view.template
                scopes = version.reading(view.collection, is_whole=view.is_whole)
                yield self._endpoint("GET", path, version, scopes, reader.many(view), view.collection)
        for single in SINGLES:
            if version.name in single.versions:
                path = f"{self._root(version, single.collection)}/{single.name}/{{key:path}}"
                scopes = version.reading(single.collection, is_whole=True)
                yield self._endpoint("GET", path, version, scopes, reader.one(single), single.collection)

    def _discovery(self, version: Version) -> Iterator[Endpoint]:
        for service, root in version.roots.items() if version.name == "1.2" else ():

            def answer(call: Call, service: str = service) -> Answer:
                return Answer(200, document(self._vendor, version, service, call.origin))

            for name in file_names(service):
                yield Endpoint("GET", f"{self._vendor.base(version)}{root}/discovery/{name}", answer)

    def _root(self, version: Version, collection: str) -> str:
        return self._vendor.base(version) + version.root(collection)

    def _endpoint(
        self,
        method: str,
        path: str,
        version: Version,
        scopes: frozenset[str],
        handler: Handler,
        collection: str,
    ) -> Endpoint:
        def answer(call: Call) -> Answer:
            try:
                refused = self._guard.refusal(call, scopes, is_gradebook=collection in GRADEBOOK)
                return version.told(handler(call) if refused is None else refused)
            except AnsweredError as error:
                raise AnsweredError(version.told(error.answer)) from error

        return Endpoint(method, path, answer)

    def _put(self, version: Version, name: str) -> Handler:
        collection = version.collections[name]

        def answer(call: Call) -> Answer:
            stored, is_new = self._writer.put(version, collection, call)
            (shown,) = version.shaped([stored], name, call.origin + self._vendor.base(version))
            return Answer(201 if is_new else 200, {collection.one: shown})

        return answer

    def _delete(self, version: Version, name: str) -> Handler:
        collection = version.collections[name]

        def answer(call: Call) -> Answer:
            if not self._writer.delete(collection, call.params["key"]):
                raise unknown(collection.one, call.params["key"])
            return Answer(204)

        return answer


def _practice(vendor: Vendor) -> Practice:
    stored_base = vendor.base(V1P1) + V1P1.root("lineItems")

    def fill(spec: ServerSpec, school: School, clock: Clock) -> None:
        with closing(spec.store()) as store:
            fill_oneroster(store, _with_own_categories(vendor, school), clock, spec.origin + stored_base)

    def serve(spec: ServerSpec, clock: Clock) -> OneRosterServer:
        return OneRosterServer(spec.store(), clock, vendor, spec.secrets)

    return Practice(
        kind=vendor.kind,
        side="sis",
        label=vendor.label,
        secrets=vendor.secrets,
        settings=lambda spec: _settings(vendor, spec),
        fill=fill,
        serve=serve,
    )


def _with_own_categories(vendor: Vendor, school: School) -> School:
    """Add the categories that the SIS has whatever the district set up."""
    if vendor.kind not in CAMPUS:
        return school
    return replace(school, categories=(*school.categories, Category(UNCATEGORIZED, "Uncategorized")))


def _settings(vendor: Vendor, spec: ServerSpec) -> Mapping[str, Any]:
    version = vendor.versions[0]
    base = spec.origin + vendor.base(version)
    settings: dict[str, Any] = {
        "base_url": base + (version.root("lineItems") if version.name == "1.1" else "/ims/oneroster"),
        "token_url": vendor.token_url(spec.origin),
        **{name: Secret(name) for name in vendor.secrets},
    }
    if version.name == "1.2":
        settings["version"] = version.name
    return settings if vendor.auth == "basic" else {**settings, "auth": vendor.auth}


PRACTICES = tuple(map(_practice, VENDORS))
