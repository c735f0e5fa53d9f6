"""From a run's tags and partition keys to an open night: district file, profile, instant, LMS and SIS."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from pydantic import BaseModel

from gradeflow.core.scope import Night, Scope
from gradeflow.errors import ConfigError, RetriableError
from gradeflow.lms import registry as lms_registry
from gradeflow.model.district import District, SecretRef
from gradeflow.model.gradebook import GradebookExtract
from gradeflow.ports import Connector, ConnectorContext, GradebookSource, GradeSink, no_previous
from gradeflow.rules.profile import Profile, profile_for
from gradeflow.settings import DistrictFile, Home
from gradeflow.sis import registry as sis_registry

AS_OF_TAG = "gradeflow/as_of"
DISTRICT_TAG = "gradeflow/district"
ALLOW_TAG = "gradeflow/allow"
PLAN_TAG = "gradeflow/plan"
CLOCK_SECONDS = 10.0


def instant_of(district: District, tags: Mapping[str, str], now: Callable[[], dt.datetime]) -> dt.datetime:
    """Settle the instant that a run is about: its tag, else the sandbox's clock, else now.

    Raises:
        ConfigError: the tag is no instant with a zone.
        RetriableError: the sandbox does not answer.
    """
    if AS_OF_TAG in tags:
        try:
            instant = dt.datetime.fromisoformat(tags[AS_OF_TAG])
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            raise ConfigError(
                f"the tag {AS_OF_TAG} is no instant", allowed="such as 2026-11-21T03:30:00-06:00"
            )
        return instant
    if district.sandbox is None:
        return now()
    import httpx  # noqa: PLC0415 - what only looks into the warehouse asks nobody

    try:
        answer = httpx.get(district.sandbox.clock, timeout=CLOCK_SECONDS)
        answer.raise_for_status()
        return dt.datetime.fromisoformat(answer.json()["now"])
    except (httpx.HTTPError, ValueError, KeyError):
        raise RetriableError(
            f"the practice servers of {district.district} do not answer; start them with gradeflow ui or "
            "gradeflow sandbox --home",
            system="Sandbox",
            code="SANDBOX_NOT_RUNNING",
        ) from None


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one run of one district is about, and how to reach its systems."""

    file: DistrictFile
    profile: Profile
    as_of: dt.datetime
    scope: Scope
    now: Callable[[], dt.datetime]

    @property
    def district(self) -> District:
        """The district file's content."""
        return self.file.district

    def context(self, previous: Callable[[], GradebookExtract | None] = no_previous) -> ConnectorContext:
        """Give connectors what they may know."""
        return ConnectorContext(
            district=self.district.district,
            zone=self.district.zone,
            as_of=self.as_of,
            read_secret=self.file.read_secret,
            previous=previous,
            # Practice districts go by the practice clock; what is asked of them burdens nobody.
            now=self.now if self.district.sandbox is None else None,
        )

    @asynccontextmanager
    async def source(
        self, previous: Callable[[], GradebookExtract | None] = no_previous
    ) -> AsyncIterator[GradebookSource]:
        """Open the LMS; `previous` loads the last extract, for a source that goes on from it."""
        connector: Connector[GradebookSource] = lms_registry.by_kind(self.district.lms.kind)
        settings = self.file.connector_settings("lms", connector.settings, self.district.lms)
        async with connector.open(settings, self.context(previous)) as source:
            yield source

    @asynccontextmanager
    async def sink(self) -> AsyncIterator[GradeSink]:
        """Open the SIS."""
        connector: Connector[GradeSink] = sis_registry.by_kind(self.district.sis.kind)
        settings = self.file.connector_settings("sis", connector.settings, self.district.sis)
        async with connector.open(settings, self.context()) as sink:
            yield sink

    def may_send(self) -> bool:
        """Tell whether the district's window for writing is still open; always for practice districts."""
        stop_by = self.district.passback.stop_by
        if stop_by is None or self.district.sandbox is not None:
            return True
        begun = self.as_of.astimezone(self.district.zone)
        ends = begun.replace(hour=stop_by.hour, minute=stop_by.minute, second=0, microsecond=0)
        if ends <= begun:  # a window over midnight, or a run by hand after the window
            ends += dt.timedelta(days=1)
        return self.now() < ends

    def night(self, source_id: str, sink_id: str) -> Night:
        """Give the core what it works with."""
        return Night(self.district, self.profile, self.as_of, self.scope, source_id, sink_id)


def prepare(
    home: Home, name: str, scope: Scope, tags: Mapping[str, str], now: Callable[[], dt.datetime]
) -> Prepared:
    """Read a district's file, settle profile and instant.

    Raises:
        ConfigError: the file is wrong.
    """
    file = home.district(name)
    for error in missing_secrets(file):
        raise error
    return Prepared(file, profile_of(file), instant_of(file.district, tags, now), scope, now)


def profile_of(file: DistrictFile) -> Profile:
    """Settle the profile of a district's route with its overrides.

    Raises:
        ConfigError: an override is wrong.
    """
    district = file.district
    with _placed(file, *(("overrides",) if district.overrides else ("sis", "kind"))):
        return profile_for(district)


def missing_secrets(file: DistrictFile) -> list[ConfigError]:
    """Check what both connectors are given before either system is asked, and say which secrets are not there.

    Raises:
        ConfigError: an unknown kind or key, or a wrong value.
    """
    district = file.district
    with _placed(file, "lms", "kind"):
        lms: Connector[GradebookSource] = lms_registry.by_kind(district.lms.kind)
    with _placed(file, "sis", "kind"):
        sis: Connector[GradeSink] = sis_registry.by_kind(district.sis.kind)
    given = (
        ("lms", file.connector_settings("lms", lms.settings, district.lms)),
        ("sis", file.connector_settings("sis", sis.settings, district.sis)),
    )
    missing = []
    for at, ref in (found for side, settings in given for found in _secrets(settings, (side,))):
        try:
            file.read_secret(ref, at)
        except ConfigError as error:
            missing.append(error)
    return missing


def _secrets(settings: BaseModel, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], SecretRef]]:
    """Give every reference to a secret, with its keys, also of settings within settings."""
    for key in type(settings).model_fields:
        value = getattr(settings, key)
        if isinstance(value, SecretRef):
            yield (*at, key), value
        elif isinstance(value, BaseModel):
            yield from _secrets(value, (*at, key))


@contextmanager
def _placed(file: DistrictFile, *at: str) -> Iterator[None]:
    """Say of an error in a district's file where it stands."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(error.problem, place=file.place(*at), allowed=error.allowed) from None
