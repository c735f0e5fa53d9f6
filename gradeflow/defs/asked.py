"""What a run's tags ask: which sections and items, by whom, and whether unchanged or refused scores go again.

The commands set them, and so may anybody who launches a run in the Dagster UI. Several ids are a JSON list of
texts, `["101", "102"]`; anything that does not begin with a bracket is one id as it stands, commas and all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from gradeflow.core.choice import Choice
from gradeflow.errors import ConfigError
from gradeflow.model.district import District

SECTIONS_TAG = "gradeflow/sections"
ITEMS_TAG = "gradeflow/items"
LEAVE_OUT_TAG = "gradeflow/leave_out"
BY_TAG = "gradeflow/by"
REMASTER_TAG = "gradeflow/remaster"
RETRY_TAG = "gradeflow/retry"
SCHEDULE_TAG = "dagster/schedule_name"
USER_TAGS = ("user", "dagster/reporting_user")  # of a Dagster that knows its users
SCHEDULE = "schedule"
REMASTER = "remaster"


def choice_of(tags: Mapping[str, str], district: District) -> Choice:
    """Read which line items a run is about; the schedule sends the sections that the district lists for it.

    Raises:
        ConfigError: a tag is neither an id nor a JSON list of ids.
    """
    nightly = district.passback.nightly_sections
    listed = None if nightly == "all" or SCHEDULE_TAG not in tags else frozenset(nightly)
    return Choice(
        _ids(tags, SECTIONS_TAG), _ids(tags, ITEMS_TAG), _ids(tags, LEAVE_OUT_TAG) or frozenset(), listed
    )


def _ids(tags: Mapping[str, str], name: str) -> frozenset[str] | None:
    if name not in tags:
        return None
    text = tags[name].strip()
    try:
        ids = json.loads(text) if text.startswith("[") else [text]
    except ValueError:
        ids = None
    if not isinstance(ids, list) or not all(isinstance(one, str) and one for one in ids):
        raise ConfigError(
            f"the tag {name} names no ids", allowed='one id, or a JSON list of texts such as ["101", "102"]'
        )
    return frozenset(ids)


def tag_of(ids: Iterable[str]) -> str:
    """Write ids as the value of a tag."""
    return json.dumps(list(dict.fromkeys(ids)), ensure_ascii=False)


def started_by(tags: Mapping[str, str]) -> str | None:
    """Name who asked for a run: as they say themselves, as Dagster knows them, or the schedule (R135)."""
    named = (tags.get(name, "").strip() for name in (BY_TAG, *USER_TAGS))
    return next(filter(None, named), SCHEDULE if SCHEDULE_TAG in tags else None)


def is_remaster(job: str, tags: Mapping[str, str]) -> bool:
    """Tell whether a run sends again what is unchanged: by its job, or by a tag on a plan of one."""
    return job == REMASTER or REMASTER_TAG in tags
