"""The discovery document of a 1.2 service: an OpenAPI file that lists what this provider really has.

Source: OneRoster 1.2 REST binding, service discovery; two file names are in use, that of the binding and that
of the conformance guide; read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gradeflow.sandbox.oneroster_bulk import BATCHES
from gradeflow.sandbox.oneroster_vendors import Vendor
from gradeflow.sandbox.oneroster_versions import Version
from gradeflow.sandbox.oneroster_views import GRADEBOOK, SINGLES, VIEWS

_SCHEME = "OAuth2CC"
_FILES = {"rostering": ("rosters", "rostering"), "gradebook": ("gradebook", "gradebook")}
_LIST = ("limit", "offset", "sort", "orderBy", "filter", "fields")
_PARAMETER = re.compile(r"\{(\w+)(?::path)?\}")
_NAMES = {
    "class_id": "classSourcedId",
    "school_id": "schoolSourcedId",
    "term_id": "termSourcedId",
    "user_id": "studentSourcedId",
    "course_id": "courseSourcedId",
    "line_item_id": "lineItemSourcedId",
    "session_id": "academicSessionSourcedId",
    "key": "sourcedId",
}

# Operation, method, path, what it answers when it went well, scopes, query parameters
Operation = tuple[str, str, str, int, frozenset[str], tuple[str, ...]]


def file_names(service: str) -> tuple[str, str]:
    """Give the names under which a service's document is published."""
    binding, conformance = _FILES[service]
    return (
        f"onerosterv1p2{binding}service_openapi3_v1p0.json",
        f"imsorv1p2_{conformance}_openapi3_v1p0.json",
    )


def document(vendor: Vendor, version: Version, service: str, origin: str) -> dict[str, Any]:
    """Give the document of one service."""
    paths: dict[str, dict[str, Any]] = {}
    every: set[str] = set()
    for name, method, template, code, scopes, query in _operations(vendor, version, service):
        path = _PARAMETER.sub(lambda match: f"{{{_NAMES[match[1]]}}}", template)
        every |= scopes
        parameters = [
            {"name": _NAMES[found], "in": "path", "required": True, "schema": {"type": "string"}}
            for found in _PARAMETER.findall(template)
        ]
        parameters += [{"name": word, "in": "query", "schema": {"type": "string"}} for word in query]
        paths.setdefault(path, {})[method] = {
            "operationId": name,
            "parameters": parameters,
            "responses": {str(code): {"description": "Success"}},
            "security": [{_SCHEME: sorted(scopes)}],
        }
    flow = {"tokenUrl": vendor.token_url(origin), "scopes": {scope: scope for scope in sorted(every)}}
    return {
        "openapi": "3.0.1",
        "info": {"title": f"OneRoster 1.2 {service} service of {vendor.label}", "version": "1.2"},
        "servers": [{"url": origin + vendor.base(version) + version.roots[service]}],
        "paths": paths,
        "components": {
            "securitySchemes": {_SCHEME: {"type": "oauth2", "flows": {"clientCredentials": flow}}}
        },
    }


def _operations(vendor: Vendor, version: Version, service: str) -> Iterator[Operation]:
    for view in VIEWS:
        if version.name in view.versions and version.service(view.collection) == service:
            scopes = version.reading(view.collection, is_whole=view.is_whole)
            yield view.operation, "get", view.template, 200, scopes, _LIST
    for single in SINGLES:
        if version.service(single.collection) == service:
            scopes = version.reading(single.collection, is_whole=True)
            yield single.operation, "get", f"/{single.name}/{{key}}", 200, scopes, ("fields",)
    if service == "gradebook" and version.name not in vendor.read_only:
        yield from _writes(vendor, version)


def _writes(vendor: Vendor, version: Version) -> Iterator[Operation]:
    for many in GRADEBOOK:
        one = version.collections[many].one
        name = one[0].upper() + one[1:]
        yield f"put{name}", "put", f"/{many}/{{key}}", 201, version.writing("createput"), ()
        if vendor.can_delete:
            yield f"delete{name}", "delete", f"/{many}/{{key}}", 204, version.writing("delete"), ()
    for batch in BATCHES:
        yield batch.operation, "post", batch.template, 201, version.writing("createpost"), ()
