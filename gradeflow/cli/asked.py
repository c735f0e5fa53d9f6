"""Options by which a person says what a run is about and who they are, and how both are told afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from gradeflow.defs.asked import BY_TAG, ITEMS_TAG, LEAVE_OUT_TAG, RETRY_TAG, SECTIONS_TAG, tag_of
from gradeflow.errors import ConfigError

Sections = Annotated[
    list[str] | None,
    typer.Option("--section", metavar="ID", help="Only this SIS section; may be given again."),
]
Items = Annotated[
    list[str] | None,
    typer.Option("--item", metavar="ID", help="Only this assignment, by its LMS id; may be given again."),
]
LeaveOut = Annotated[
    list[str] | None,
    typer.Option("--leave-out", metavar="ID", help="Not this assignment, by its LMS id; may be given again."),
]
Retry = Annotated[
    bool,
    typer.Option("--retry", help="Send again as it is what the SIS refused; else it rests until it changes."),
]
By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who asks for it; the history names them.")
]


def asked_tags(
    districts: Sequence[str] | None,
    *,
    sections: Sequence[str] | None = None,
    items: Sequence[str] | None = None,
    leave_out: Sequence[str] | None = None,
    retry: bool = False,
    by: str | None = None,
) -> dict[str, str]:
    """Write as tags of a run what was asked of it.

    Raises:
        ConfigError: ids without the one district that they are of, or an empty name.
    """
    named = {SECTIONS_TAG: sections, ITEMS_TAG: items, LEAVE_OUT_TAG: leave_out}
    tags = {tag: tag_of(ids) for tag, ids in named.items() if ids}
    if tags and len(districts or ()) != 1:
        raise ConfigError("--section, --item and --leave-out are ids of one district; name it")
    if retry:
        tags[RETRY_TAG] = "yes"
    if by is not None:
        if not by.strip():
            raise ConfigError("--by is empty; write who asks for the run")
        tags[BY_TAG] = by.strip()
    return tags


def told_asked(asked: Mapping[str, Any]) -> str:
    """Say in words who asked for a run, and what it was about where that was not everything."""
    choice = asked.get("choice") or {}
    words = [f"by {asked['started_by']}"] if asked["started_by"] else []
    words += [
        f"only {what} {', '.join(choice[name]) or 'none'}"
        for name, what in ONLY
        if choice.get(name) is not None
    ]
    if choice.get("left_out"):
        words.append(f"without assignment {', '.join(choice['left_out'])}")
    if asked.get("approved_by"):
        words.append(f"its plan approved by {asked['approved_by']}")
    return "; ".join(words)


ONLY = (
    ("sections", "section"),
    ("items", "assignment"),
    ("switched_on", "the schedule's sections"),
)
