"""The batches of OneRoster 1.2: line items of a class or school, results of a line item or of a session.

A batch is stored as a whole or not at all, since its answer has no place for one row's fault. A line item is
always created: one whose id is taken gets another. A result of a student who has one in that line item
replaces it, because a gradebook has one place for it.

Source: 1.2's gradebook service: postLineItemsForClass, postLineItemsForSchool, postResultsForLineItem,
postResultsForAcademicSessionForClass; `sourcedIdPairs`; read 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gradeflow.sandbox.oneroster_objects import invalid, referred, status, unknown
from gradeflow.sandbox.oneroster_versions import Object, Version
from gradeflow.sandbox.oneroster_writes import Writer
from gradeflow.sandbox.store import Store
from gradeflow.sandbox.wire import Answer, AnsweredError, Call, Handler


@dataclass(frozen=True, slots=True)
class Batch:
    """One POST of many objects.

    Attributes:
        operation: its name in the standard.
        template: path below the service's root.
        collection: what it creates.
        parents: path parameter to the collection in which it must exist.
        belongs: tells why an object does not belong to the address; None where it does.
    """

    operation: str
    template: str
    collection: str
    parents: Mapping[str, str]
    belongs: Callable[[Object, Mapping[str, str], Store], str | None]


def _is_of(field: str, parameter: str) -> Callable[[Object, Mapping[str, str], Store], str | None]:
    def wrong(sent: Object, params: Mapping[str, str], _: Store) -> str | None:
        return None if referred(sent.get(field)) == params[parameter] else f"{field} differs from the address"

    return wrong


def _is_of_class(sent: Object, params: Mapping[str, str], store: Store) -> str | None:
    item = store.get("lineItems", referred(sent.get("lineItem")) or "")
    is_other = item is not None and item["class"]["sourcedId"] != params["class_id"]
    return "lineItem is of another class than the address" if is_other else None


BATCHES = (
    Batch(
        "postResultsForLineItem",
        "/lineItems/{line_item_id:path}/results",
        "results",
        {"line_item_id": "lineItems"},
        _is_of("lineItem", "line_item_id"),
    ),
    Batch(
        "postResultsForAcademicSessionForClass",
        "/classes/{class_id:path}/academicSessions/{session_id:path}/results",
        "results",
        {"class_id": "classes", "session_id": "academicSessions"},
        _is_of_class,
    ),
    Batch(
        "postLineItemsForClass",
        "/classes/{class_id:path}/lineItems",
        "lineItems",
        {"class_id": "classes"},
        _is_of("class", "class_id"),
    ),
    Batch(
        "postLineItemsForSchool",
        "/schools/{school_id:path}/lineItems",
        "lineItems",
        {"school_id": "orgs"},
        _is_of("school", "school_id"),
    ),
)


def posting(writer: Writer, version: Version, batch: Batch) -> Handler:
    """Make the handler of a batch."""
    collection = version.collections[batch.collection]

    def answer(call: Call) -> Answer:
        for parameter, parent in batch.parents.items():
            if not writer.store.has(parent, call.params[parameter]):
                raise _gone(version, parent, call, parameter)
        pairs = []
        rows = _rows(call.json(), collection.many)
        if "batch_409" in call.altered:
            message = f"{len(rows)} rows refused: the last conflicts with what is stored"
            raise AnsweredError(status(409, "invalid data", message))
        for place, sent in enumerate(rows):
            pairs.append(_stored(writer, version, batch, call, place, sent))
        single = "one_pair" in call.altered and pairs
        return Answer(201, {"sourcedIdPairs": pairs[0] if single else pairs})

    return answer


def _stored(
    writer: Writer, version: Version, batch: Batch, call: Call, place: int, sent: Object
) -> dict[str, str]:
    wrong = batch.belongs(sent, call.params, writer.store)
    if wrong is not None:
        raise invalid(f"{batch.collection}[{place}]: {wrong}")
    collection = version.collections[batch.collection]
    known = _same_student(writer.store, sent) if batch.collection == "results" else None
    try:
        key = writer.create(version, collection, call, sent, known)
    except AnsweredError as error:
        told = f"{batch.collection}[{place}]: {error.answer.body['imsx_description']}"
        minor = error.answer.body["imsx_codeMinor"]
        raise AnsweredError(status(error.answer.status, minor, told)) from error
    return {"suppliedSourcedId": str(sent.get("sourcedId", "")), "allocatedSourcedId": key}


def _same_student(store: Store, sent: Object) -> str | None:
    item, student = referred(sent.get("lineItem")), referred(sent.get("student"))
    if item is None or student is None:
        return None
    held = store.documents("results", {"a": item, "b": student})
    return str(held[0]["sourcedId"]) if held else None


def _rows(body: Any, name: str) -> list[Object]:
    rows = body.get(name) if isinstance(body, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise invalid(f'the body must be {{"{name}": [{{...}}, ...]}}')
    return rows


def _gone(version: Version, parent: str, call: Call, parameter: str) -> AnsweredError:
    if "deleted_500" in call.altered and parent == "lineItems":
        return AnsweredError(status(500, "internal_server_error", f"Unable to find {call.params[parameter]}"))
    return unknown(version.collections[parent].one, call.params[parameter])
