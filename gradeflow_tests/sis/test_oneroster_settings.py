from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import yaml

from gradeflow.ports import ConnectorContext
from gradeflow.sis import aeries, eschoolplus, infinite_campus, powerschool, schooltool, skyward_qmlativ
from gradeflow.sis.oneroster import connector
from gradeflow.sis.oneroster_settings import OneRosterSettings, settings_for
from gradeflow.sis.oneroster_sink import OneRosterSink
from gradeflow.sis.profile import OneRosterProfile, Pace, scopes_of
from gradeflow.sis.registry import connectors
from gradeflow.transport.auth import ClientCredentials
from gradeflow.transport.lanes import Lanes
from gradeflow.transport.oauth1 import OAuth1

GOOD = {
    "base_url": "https://sis.example/ims/oneroster",
    "token_url": "https://sis.example/token",
    "client_id": {"env": "ID"},
    "client_secret": {"env": "SECRET"},
}


def settings(profile: OneRosterProfile, **more: Any) -> OneRosterSettings:
    given = {key: value for key, value in {**GOOD, **more}.items() if value is not None}
    return settings_for(profile).model_validate(given)


@pytest.mark.parametrize(
    ("base", "version", "spoken"),
    [
        ("https://s.example/campus/api/oneroster/v1p2/app/ims/oneroster", None, "1.1"),
        ("https://s.example/campus/api/oneroster/v1p2/app/ims/oneroster", "1.2", "1.2"),
        ("https://s.example/ims/oneroster/v1p1", None, "1.1"),
        ("https://s.example/ims/oneroster/v1p2", None, "1.2"),
        ("https://s.example/ims/oneroster/gradebook/v1p2", None, "1.2"),
        ("https://s.example/ims/oneroster/v1p1", "1.2", "1.2"),
    ],
)
def test_the_version_is_told_by_the_file_then_by_the_address_then_by_the_profile(
    base: str, version: str | None, spoken: str
) -> None:
    assert settings(infinite_campus.PROFILE, base_url=base, version=version).spoken_version == spoken


@pytest.mark.parametrize(
    "base",
    [
        "https://s.example/api",
        "https://s.example/api/ims/oneroster",
        "https://s.example/api/ims/oneroster/v1p2",
        "https://s.example/api/ims/oneroster/v1p1",
        "https://s.example/api/ims/oneroster/rostering/v1p2",
        "https://s.example/api/ims/oneroster/gradebook/v1p2/",
    ],
)
def test_the_two_roots_of_1_2_are_found_below_any_form_of_the_base(base: str) -> None:
    roots = settings(skyward_qmlativ.PROFILE, base_url=base, version="1.2").roots
    assert roots == (
        "https://s.example/api/ims/oneroster/rostering/v1p2",
        "https://s.example/api/ims/oneroster/gradebook/v1p2",
    )


def test_a_root_that_is_elsewhere_is_taken_as_given() -> None:
    found = settings(skyward_qmlativ.PROFILE, version="1.2", gradebook_url="https://g.example/v1p2")
    assert found.roots == ("https://sis.example/ims/oneroster/rostering/v1p2", "https://g.example/v1p2")


def test_the_base_of_1_1_is_used_as_it_is() -> None:
    assert settings(aeries.PROFILE).roots == (GOOD["base_url"], GOOD["base_url"])


@pytest.mark.parametrize(
    ("profile", "more", "says"),
    [
        (powerschool.PROFILE, {"version": "1.2"}, r"version: PowerSchool speaks 1\.1"),
        (powerschool.PROFILE, {"version": 1.1}, "version"),
        (powerschool.PROFILE, {"token_url": None}, "token_url: needed, unless auth is one of oauth1"),
        (eschoolplus.PROFILE, {"token_url": None, "auth": "body"}, "token_url: needed"),
        (infinite_campus.PROFILE, {"vendor_key": {"env": "K"}}, "vendor_key, vendor_secret: both or none"),
        (aeries.PROFILE, {"delete_results": True}, "delete_results: Aeries deletes nothing"),
        (schooltool.PROFILE, {"bulk": True}, r'bulk: only with version: "1\.2"'),
        (infinite_campus.PROFILE, {"categories_by_class": True}, r"categories_by_class: only with version"),
        (aeries.PROFILE, {"token_url": "http://marked.example/token"}, "write https://"),
        (aeries.PROFILE, {"token_url": "https://marked@sis.example/token"}, "no user, query or fragment"),
        (aeries.PROFILE, {"base_url": "https://sis.example/?key=marked"}, "no user, query or fragment"),
    ],
)
def test_settings_that_cannot_work_say_what_to_write(
    profile: OneRosterProfile, more: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        settings(profile, **more)
    assert "marked" not in str(caught.value)


def test_signed_calls_need_no_token_address() -> None:
    assert settings(eschoolplus.PROFILE, token_url=None).is_signed
    assert settings(schooltool.PROFILE, token_url=None, auth="oauth1-hmac-sha256").is_signed


def test_a_token_address_is_kept_to_its_query_and_last_slash() -> None:
    for address in (
        "https://s.example/campus/oauth2/token?appName=a",
        "https://s.example/oauth/access_token/",
    ):
        assert settings(infinite_campus.PROFILE, token_url=address).token_url == address


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [(16, 9, 1), (16, 6, 1), (16, 5, 5), (16, 18, 5), (20, 17, 1), (21, 12, 5), (22, 12, 5)],
)
def test_campus_is_asked_one_at_a_time_on_school_days(day: int, hour: int, expected: int) -> None:
    pace = infinite_campus.PROFILE.pace
    assert pace.at(dt.datetime(2026, 11, day, hour, tzinfo=dt.UTC)) == expected
    assert Pace().at(dt.datetime(2026, 11, day, hour, tzinfo=dt.UTC)) == 8


def test_the_right_to_post_is_asked_for_only_where_something_is_posted() -> None:
    assert scopes_of("1.2", is_bulk=True).endswith("v1p2/scope/gradebook.createpost")
    assert "createpost" not in scopes_of("1.2")
    assert scopes_of("1.1", deletes=True).endswith("v1p1/scope/gradebook.delete")
    assert "delete" not in scopes_of("1.1")
    assert "/v1p1/scope/" in scopes_of("1.1")


@pytest.mark.parametrize("kind", ["aeries", "eschoolplus", "infinite_campus", "powerschool", "schooltool"])
def test_the_lines_of_a_new_district_file_are_settings_that_work(kind: str) -> None:
    found = connectors()[kind]
    lines = yaml.safe_load(found.example.format(name="lincoln", upper="LINCOLN"))
    read = found.settings.model_validate(lines)
    assert isinstance(read, OneRosterSettings)
    assert read.client_id.env == "LINCOLN_SIS_CLIENT_ID"
    assert (read.vendor_key is not None) == (kind == "infinite_campus")


def test_a_new_provider_is_one_profile() -> None:
    made = connector(OneRosterProfile(kind="p", label="P", evidence="assumed", renew="", widen=""))
    assert made.settings.model_validate(GOOD)
    with pytest.raises(ValueError, match="speaks"):
        made.settings.model_validate({**GOOD, "version": "1.2"})


def context(as_of: dt.datetime) -> ConnectorContext:
    return ConnectorContext(
        "d", ZoneInfo("America/Chicago"), as_of, lambda reference: f"hidden-{reference.env}"
    )


def opened(profile: OneRosterProfile, as_of: dt.datetime, **more: Any) -> OneRosterSink:
    async def main() -> OneRosterSink:
        async with connector(profile).open(settings(profile, **more), context(as_of)) as sink:
            assert isinstance(sink, OneRosterSink)
            return sink

    return asyncio.run(main())


NIGHT, MORNING = (dt.datetime(2026, 11, 16, hour, 30, tzinfo=dt.UTC) for hour in (9, 15))  # 3:30, 9:30 there


class Counted:
    """Answers every list with an empty one, counts what is under way, and moves the clock on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.under_way = 0
        self.seen: list[tuple[dt.datetime, int]] = []
        self.now = NIGHT
        usual = self.handle

        async def handle(_: Lanes, request: httpx.Request) -> httpx.Response:
            return await usual(request)

        monkeypatch.setattr(Lanes, "handle_async_request", handle)

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.under_way += 1
        self.seen.append((self.now, self.under_way))
        for _ in range(5):
            await asyncio.sleep(0)
        self.under_way -= 1
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        return httpx.Response(200, json=[], headers={"X-Total-Count": "0"})


@pytest.mark.parametrize(
    ("as_of", "max_in_flight", "expected"), [(NIGHT, None, 5), (MORNING, None, 1), (MORNING, 3, 3)]
)
def test_the_pace_is_the_one_of_the_districts_hour(
    monkeypatch: pytest.MonkeyPatch, as_of: dt.datetime, max_in_flight: int | None, expected: int
) -> None:
    line = Counted(monkeypatch)

    async def main() -> None:
        chosen = settings(infinite_campus.PROFILE, max_in_flight=max_in_flight)
        async with connector(infinite_campus.PROFILE).open(chosen, context(as_of)) as sink:
            await sink.read_reference()
            assert "hidden" not in repr(sink)

    asyncio.run(main())
    assert max(count for _, count in line.seen) == expected


@pytest.mark.parametrize(
    ("night", "peak"),
    [
        (dt.datetime(2026, 11, 16, 11, 59, tzinfo=dt.UTC), dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC)),
        # With summer time Chicago is an hour nearer; the clocks went on the day before
        (dt.datetime(2026, 3, 9, 10, 59, tzinfo=dt.UTC), dt.datetime(2026, 3, 9, 11, tzinfo=dt.UTC)),
        # Sunday there, and Monday in UTC, until its midnight
        (dt.datetime(2026, 11, 16, 5, 59, tzinfo=dt.UTC), None),
    ],
)
def test_a_night_that_ends_in_peak_hours_goes_on_one_at_a_time(
    monkeypatch: pytest.MonkeyPatch, night: dt.datetime, peak: dt.datetime | None
) -> None:
    line = Counted(monkeypatch)
    line.now = night
    by_the_wall = dataclasses.replace(context(NIGHT), now=lambda: line.now)

    async def main() -> None:
        chosen = settings(infinite_campus.PROFILE)
        async with connector(infinite_campus.PROFILE).open(chosen, by_the_wall) as sink:
            await sink.read_reference()
            line.now = peak or night + dt.timedelta(minutes=2)
            await sink.read_reference()

    asyncio.run(main())
    assert max(count for at, count in line.seen if at == night) == 5
    assert max(count for at, count in line.seen if at > night) == (1 if peak else 5)


@pytest.mark.parametrize(
    ("auth", "method"),
    [(None, "HMAC-SHA1"), ("oauth1-hmac-sha1", "HMAC-SHA1"), ("oauth1-hmac-sha256", "HMAC-SHA256")],
)
def test_calls_are_signed_as_the_file_says(auth: str | None, method: str) -> None:
    found = opened(eschoolplus.PROFILE, NIGHT, auth=auth, token_url=None).gradebook.http.auth
    assert isinstance(found, OAuth1)
    assert (found.method, found.consumer_key) == (method, "hidden-ID")


@pytest.mark.parametrize(
    ("more", "mode", "scope"),
    [
        ({"auth": "basic"}, "basic", scopes_of("1.2", is_bulk=True)),
        ({"auth": "body", "bulk": False}, "body", scopes_of("1.2")),
        ({"auth": "body", "version": "1.1"}, "body", scopes_of("1.1")),
        ({"auth": "basic", "scope": "own"}, "basic", "own"),
        ({"auth": "basic", "scope": ""}, "basic", None),
    ],
)
def test_a_token_is_asked_for_as_the_file_says(more: dict[str, Any], mode: str, scope: str | None) -> None:
    found = opened(eschoolplus.PROFILE, NIGHT, **more).roster.http.auth
    assert isinstance(found, ClientCredentials)
    assert (found.mode, found.scope) == (mode, scope)


def test_the_vendors_key_goes_with_gradebook_calls_alone() -> None:
    keys = {"vendor_key": {"env": "K"}, "vendor_secret": {"env": "S"}}
    sink = opened(infinite_campus.PROFILE, NIGHT, **keys)
    assert dict(sink.gradebook.http.headers) == {"x-vendor-authorization": "hidden-K:hidden-S"}
    assert not sink.roster.http.headers
    assert sink.system_id == "infinite_campus:sis.example/ims/oneroster"


def test_only_skyward_may_ignore_leading_zeros() -> None:
    assert settings(skyward_qmlativ.PROFILE, ignore_leading_zeros=True).ignore_leading_zeros
    for profile in (aeries.PROFILE, infinite_campus.PROFILE, schooltool.PROFILE, powerschool.PROFILE):
        with pytest.raises(ValueError, match="ignore_leading_zeros"):
            settings(profile, ignore_leading_zeros=True)
    with pytest.raises(ValueError, match="ignore_leading_zeros"):
        settings(skyward_qmlativ.PROFILE, ignore_leading_zeros="yes")
