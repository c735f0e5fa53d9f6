"""Which districts run by themselves; for those too who know no Dagster."""

from __future__ import annotations

from gradeflow.model.district import District
from gradeflow.rules.profile import profile_for


def is_scheduled(district: District) -> bool:
    """Tell whether a district runs by itself: manual routes only where the district says so (C08)."""
    if district.passback.nightly is None:
        return False
    asked = district.passback.trigger
    if asked is not None:
        return asked in {"nightly", "both"}
    profile = profile_for(district)
    return profile.values.trigger in {"nightly", "both"}
