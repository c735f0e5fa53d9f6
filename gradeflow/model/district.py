"""A district file's content, as values: who sends what from where to where, and under which settings.

Reading YAML, lines for error messages, secrets and the environment are `gradeflow.settings`; what a `kind`
of LMS or SIS needs beyond these models is its connector's own settings model.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Day = dt.date
Slug = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NIGHTLY_FORBIDDEN = (dt.time(1, 0), dt.time(3, 0))


class Strict(BaseModel):
    """A frozen model that refuses what it does not know: a typo in a district file is an error."""

    # What was given is never repeated in a message: it may be a secret in the wrong place.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SecretRef(Strict):
    """Where a secret lies; the secret itself never stands in a district file."""

    env: str | None = None
    file: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _refuse_inline(cls, value: object) -> object:
        if not isinstance(value, (Mapping, SecretRef)):
            # The value is a secret: it must not be repeated in the message.
            msg = "a secret must not stand in the file; write {env: NAME} or {file: PATH}"
            raise ValueError(msg)  # noqa: TRY004 - pydantic turns a ValueError, not a TypeError, into a located error
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> SecretRef:
        if (self.env is None) == (self.file is None):
            msg = "a secret needs exactly one of env, file"
            raise ValueError(msg)
        return self


class ConnectorSettings(BaseModel):
    """What a connector is given: its kind here, the rest checked by the connector's own model."""

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: str

    def options(self) -> dict[str, Any]:
        """All keys but `kind`, for the connector's own settings model."""
        return dict(self.model_extra or {})

    @property
    def ignores_leading_zeros(self) -> bool:
        """Whether students are the same whatever leading zeros their ids have; the SIS's connector allows it or not."""
        return self.options().get("ignore_leading_zeros") is True

    @property
    def spoken_version(self) -> str | None:
        """The version of the interface: as the file says, else as its OneRoster address ends (`v1p2`); or None."""
        told = self.options().get("version")
        if told is not None:
            return str(told)
        ends = re.search(r"/v([0-9])p([0-9])/?$", str(self.options().get("base_url", "")), re.IGNORECASE)
        return None if ends is None else f"{ends[1]}.{ends[2]}"


class Pause(Strict):
    """No writes up to and including `until`."""

    until: Day
    reason: str


class FirstLoad(Strict):
    """Somebody looked at the first plan and takes responsibility for sending it."""

    approved_by: Annotated[str, Field(min_length=1)]
    on: Day


class TeacherMembership(Strict):
    """One stay of a teacher in the passback group; `removed` is the first day no longer in it."""

    teacher: str
    added: Day | None = None
    removed: Day | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_id(cls, value: object) -> object:
        return {"teacher": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _in_order(self) -> TeacherMembership:
        if self.added is not None and self.removed is not None and self.removed < self.added:
            msg = "removed lies before added; a teacher who came back has a second row"
            raise ValueError(msg)
        return self


class CategoryRow(Strict):
    """One row of the category map; the most specific scope wins; `sis: null` means do not send.

    A row that names an `item`, by its LMS id, may leave `lms` out: it is the choice for that item, whatever
    category the item has in the LMS. A draft is only looked at: runs go by what is published (R109).
    """

    lms: str | None = None
    sis: str | None
    section: str | None = None
    item: str | None = None
    state: Literal["published", "draft"] = "published"

    @model_validator(mode="after")
    def _names_what_it_maps(self) -> CategoryRow:
        if self.lms is None and self.item is None:
            msg = "a category row needs lms (a category's name) or item (an assignment's id), or both"
            raise ValueError(msg)
        return self

    @property
    def scope(self) -> tuple[str | None, ...]:
        """What no second row may be about (R057): one type cannot map to several categories."""
        return self.lms, self.section, self.item, self.state

    @property
    def said_twice(self) -> str:
        """Say that another row is about the same."""
        what = f"item {self.item!r}" if self.lms is None else f"category {self.lms!r}"
        return f"{what} is mapped twice in the same scope; keep one row"


class Passback(Strict):
    """What passes back, when, and who said so.

    Attributes:
        sections: those that pass back at all.
        nightly_sections: those of them that the schedule sends; the others go only in a run by hand (R128).
    """

    effective_date: Day | None = None
    nightly: dt.time | None = None
    stop_by: dt.time | None = None
    trigger: Literal["manual", "nightly", "both"] | None = None
    delivery: Literal["automatic", "review"] = "automatic"
    pause: Pause | None = None
    sections: Literal["all"] | tuple[str, ...] = "all"
    nightly_sections: Literal["all"] | tuple[str, ...] = "all"
    first_load: FirstLoad | None = None
    teachers: tuple[TeacherMembership, ...] = ()
    categories: tuple[CategoryRow, ...] = ()

    @field_validator("nightly", "stop_by", mode="before")
    @classmethod
    def _written_as_text(cls, value: object) -> object:
        if isinstance(value, (int, float)):  # YAML reads 22:30 without quotes as 1350
            msg = 'write the time in quotes, such as "22:30"'
            raise ValueError(msg)  # noqa: TRY004 - pydantic turns a ValueError, not a TypeError, into a located error
        return value

    @field_validator("nightly", "stop_by")
    @classmethod
    def _in_the_district_zone(cls, value: dt.time | None) -> dt.time | None:
        if value is not None and value.tzinfo is not None:
            msg = "write the time without a zone: it is the district's"
            raise ValueError(msg)
        return value

    @field_validator("nightly")
    @classmethod
    def _outside_the_missing_hour(cls, value: dt.time | None) -> dt.time | None:
        first, last = NIGHTLY_FORBIDDEN
        if value is not None and first <= value < last:
            msg = "not between 01:00 and 03:00: twice a year those hours vanish or repeat"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _one_row_per_scope(self) -> Passback:
        seen: set[tuple[str | None, ...]] = set()
        for row in self.categories:
            if row.scope in seen:
                raise ValueError(row.said_twice)
            seen.add(row.scope)
        return self


class DayRange(Strict):
    """Calendar days from the first to the last, both included; one day may be written as a plain date.

    Attributes:
        schools: SIS ids of the schools that it is about; none named: all of them.
    """

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")
    schools: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_day(cls, value: object) -> object:
        return {"from": value, "to": value} if isinstance(value, (str, dt.date)) else value

    @model_validator(mode="after")
    def _in_order(self) -> DayRange:
        if self.last < self.first:
            msg = "the range ends before it begins; write the earlier day as from"
            raise ValueError(msg)
        return self


class Calendar(Strict):
    """What no API tells of the school year.

    Attributes:
        closes: per SIS grading period the last day on which it really takes scores; by default its end.
        terms: per term of the LMS, by its id, the SIS grading period it means, or, where that differs, one per school
            by its SIS id; by default the one of that id.
        schools: per school, by its SIS id, the grading periods that it goes by, where schools of one district
            have different ones; a school that is not named goes by the periods that no school is given.
        sections: per section, by its SIS id, the grading periods that it goes by, where they are not its school's.
            They stay its school's too, unless `schools` says otherwise.
        no_school: holidays and other days without school.
        year_begins: the first day of the present school year; counts only where the SIS's grading periods name no
            years, which alone tell a new year from the old one.
        school_weekdays: the weekdays on which there is school.
    """

    closes: dict[str, Day] = {}
    terms: dict[str, str | dict[str, str]] = {}
    schools: dict[str, tuple[str, ...]] = {}
    sections: dict[str, tuple[str, ...]] = {}
    no_school: tuple[DayRange, ...] = ()
    year_begins: Day | None = None
    school_weekdays: tuple[Weekday, ...] = WEEKDAYS[:5]

    def term_in(self, term: str, school: str | None) -> str:
        """Give the SIS grading period that a term of the LMS means in a school."""
        meant = self.terms.get(term, term)
        return meant if isinstance(meant, str) else meant.get(school or "", term)

    def periods_of_terms(self) -> set[str]:
        """List the grading periods that terms of the LMS are said to mean."""
        named = [{meant} if isinstance(meant, str) else {*meant.values()} for meant in self.terms.values()]
        return set().union(*named)


class Attested(Strict):
    """A fact that no API can supply, vouched for by a person."""

    fact: str
    by: Annotated[str, Field(min_length=1)]
    on: Day


class Sandbox(Strict):
    """Marks a practice district; its time is the sandbox's clock."""

    clock: str


class District(Strict):
    """One (district, LMS, SIS): the content of one file below `districts/`."""

    district: Slug
    timezone: str
    lms: ConnectorSettings
    sis: ConnectorSettings
    passback: Passback = Passback()
    calendar: Calendar = Calendar()
    overrides: dict[str, Any] = {}
    attested: tuple[Attested, ...] = ()
    sandbox: Sandbox | None = None

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in _zones():
            msg = "not an IANA time zone; write one such as America/Chicago"
            raise ValueError(msg)
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The district's zone: every date rule is judged in it."""
        return ZoneInfo(self.timezone)

    def is_attested(self, fact: str) -> bool:
        """Tell whether a person vouched for `fact`."""
        return any(entry.fact == fact for entry in self.attested)


@cache
def _zones() -> frozenset[str]:
    """List the zones of this machine; a walk through a folder each time it is asked."""
    return frozenset(available_timezones())


def is_slug(name: str) -> bool:
    """Tell whether a file name can be a district's partition key."""
    return re.fullmatch(r"[a-z0-9_-]{1,64}", name) is not None
