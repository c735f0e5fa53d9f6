"""What a OneRoster SIS holds, read over plain HTTP, and what people do in it between the nights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gradeflow.sandbox.practice import ServerSpec
from gradeflow.sandbox.registry import told
from gradeflow_tests.routes.outside import oneroster, rows_of

Edit = dict[str, Any]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Gradebook:
    """Line items and results of an SIS, and the names of its categories by id."""

    items: tuple[Row, ...]
    results: tuple[Row, ...]
    categories: Mapping[str, str]

    def of(self, title: str, section: str) -> list[Row]:
        """Give the line items of a title in a section."""
        found = (one for one in self.items if one["class"]["sourcedId"] == section)
        return [one for one in found if one["title"] == title]

    def scores(self, item: Row) -> dict[str, tuple[Decimal | None, str]]:
        """Give, by student, score and status of a line item's results; none has two."""
        mine = [one for one in self.results if one["lineItem"]["sourcedId"] == item["sourcedId"]]
        found = {one["student"]["sourcedId"]: _value(one) for one in mine}
        assert len(found) == len(mine), "the SIS holds a score twice"
        return found

    def written_on(self, item: Row, student: str) -> str | None:
        """Give the day (UTC) on which a student's result was stored last, as the SIS says; None: there is none."""
        for one in self.results:
            if (one["lineItem"]["sourcedId"], one["student"]["sourcedId"]) == (item["sourcedId"], student):
                return str(one["dateLastModified"])[:10]
        return None

    def field(self, item: Row, name: str) -> str | None:
        """Give a field of a line item, as a person would read it."""
        match name:
            case "title":
                return str(item["title"])
            case "due" | "assigned":
                value = item.get({"due": "dueDate", "assigned": "assignDate"}[name])
                return None if value is None else str(value)[:10]
            case "points":
                return f"{Decimal(str(item['resultValueMax'])).normalize():f}"
            case "weight":
                return (item.get("metadata") or {}).get("weight")
            case "category_id":
                return (item.get("category") or {}).get("sourcedId")
            case "category":
                key = (item.get("category") or {}).get("sourcedId")
                return None if key is None else self.categories.get(key, key)
        msg = f"no field {name}"
        raise ValueError(msg)


GRADED = {"fully graded": "graded"}
FLAGS = ("late", "missing", "incomplete", "inProgress")


def _value(result: Row) -> tuple[Decimal | None, str]:
    """Give score and status; a flag that no rule of the book asks for stands beside the status (R030)."""
    score, status = result.get("score"), str(result["scoreStatus"])
    told = result | (result.get("metadata") or {})
    flags = [name for name in FLAGS if str(told.get(name, "false")).lower() != "false"]
    return (None if score is None else Decimal(str(score)), " ".join([GRADED.get(status, status), *flags]))


def read(spec: ServerSpec) -> Gradebook:
    """Read the whole gradebook."""
    with oneroster(told(spec)) as client:
        items, results = rows_of(client, "lineItems"), rows_of(client, "results")
        categories = rows_of(client, "categories")
    return Gradebook(tuple(items), tuple(results), {one["sourcedId"]: one["title"] for one in categories})


ITEM_FIELDS = {"title": "title", "due": "dueDate", "points": "resultValueMax"}


def edits(held: Gradebook, title: str, section: str, student: str, wanted: Row, name: str) -> Iterator[Edit]:
    """Say what somebody does in the SIS.

    Args:
        held: what the SIS holds before.
        wanted: `made` (a work of this title, due then, made by hand), `gone`, `score`, `status`, or fields.
        name: something to make ids of.
    """
    if "made" in wanted:
        key = f"by-hand-{name}"
        yield {"collection": "lineItems", "sourcedId": key, "set": _by_hand(title, section, wanted["made"])}
    else:
        (item,) = held.of(title, section)
        key = item["sourcedId"]
    if wanted.get("gone"):
        yield {"collection": "lineItems", "sourcedId": key, "set": None}
        return
    fields: Edit = {ITEM_FIELDS[field]: wanted[field] for field in ITEM_FIELDS if field in wanted}
    if "weight" in wanted:
        fields["metadata"] = {"weight": wanted["weight"]}
    if "category" in wanted:
        fields["category"] = {"sourcedId": f"c-{wanted['category'].lower()}"}
    if fields:
        yield {"collection": "lineItems", "sourcedId": key, "set": fields}
    if "score" in wanted or "status" in wanted:
        yield _typed(held, key, student, wanted, name)


def _by_hand(title: str, section: str, due: str) -> Row:
    return {
        "title": title,
        "assignDate": due,
        "dueDate": due,
        "class": {"sourcedId": section},
        "category": {"sourcedId": "c-homework"},
        "resultValueMin": 0,
        "resultValueMax": 10,
    }


def _typed(held: Gradebook, item: str, student: str, wanted: Row, name: str) -> Edit:
    mine = (one for one in held.results if one["lineItem"]["sourcedId"] == item)
    own = [one["sourcedId"] for one in mine if one["student"]["sourcedId"] == student]
    changes: Edit = {"scoreStatus": wanted.get("status", "fully graded")}
    if "score" in wanted:
        changes["score"] = float(wanted["score"])
    if not own:
        changes |= {"lineItem": {"sourcedId": item}, "student": {"sourcedId": student}}
        changes["scoreDate"] = "2026-11-19"
    return {"collection": "results", "sourcedId": own[0] if own else f"typed-{name}", "set": changes}
