"""What somebody wants to know of one district, and by which settings and at which instant it is answered."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from gradeflow.model.district import District
from gradeflow.rules.profile import Profile


@dataclass(frozen=True, slots=True)
class Asked:
    """An assignment, in one of its sections or all, and one student of it or none."""

    district: District
    profile: Profile
    as_of: dt.datetime
    assignment: str
    section: str | None = None
    student: str | None = None
