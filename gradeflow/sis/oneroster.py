"""Registers and opens OneRoster providers: all that the file of one needs is `connector(PROFILE)`.

The keys of the district file are `oneroster_settings`; what is read and written is `oneroster_sink`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from pydantic import BaseModel

from gradeflow.ports import Calls, Connector, ConnectorContext, GradeSink
from gradeflow.sis.oneroster_answers import vendor_of
from gradeflow.sis.oneroster_bodies import Writer
from gradeflow.sis.oneroster_settings import OneRosterSettings, settings_for
from gradeflow.sis.oneroster_sink import OneRosterSink
from gradeflow.sis.profile import OneRosterProfile, scopes_of
from gradeflow.transport.address import installation_of
from gradeflow.transport.auth import Authorization
from gradeflow.transport.http import HttpClient
from gradeflow.transport.lanes import lanes_to
from gradeflow.transport.oneroster_access import authorization, is_signed
from gradeflow.transport.oneroster_lists import ListReader
from gradeflow.transport.pace import Paced

VENDOR_HEADER = "x-vendor-authorization"
BULK = 100
"""How many go in one POST where a district says `bulk: true` of a provider that publishes no number."""


def connector(profile: OneRosterProfile) -> Connector[GradeSink]:
    """Register a provider."""

    def _open(settings: BaseModel, context: ConnectorContext) -> AbstractAsyncContextManager[GradeSink]:
        if not isinstance(settings, OneRosterSettings):
            msg = f"{profile.kind} is opened with OneRosterSettings"
            raise TypeError(msg)
        return _opened(profile, settings, context)

    return Connector(
        kind=profile.kind,
        label=profile.label,
        settings=settings_for(profile),
        open=_open,
        evidence=profile.evidence,
        limits=profile.limits,
        needs=profile.needs,
        example=_example(profile),
    )


def _example(profile: OneRosterProfile) -> str:
    """Give the lines of a new district file."""
    is_1_2 = profile.versions[0] == "1.2"
    root = "https://sis.example" if is_1_2 else "https://sis.example/ims/oneroster/v1p1"
    lines = [f"  base_url: {root}   # ask the SIS's administrator; it cannot be guessed"]
    if len(profile.versions) > 1:
        lines.append(f'  version: "{profile.versions[0]}"   # or "{profile.versions[1]}"')
    if not is_signed(profile.auth):
        lines.append("  token_url: https://sis.example/oauth/token   # likewise")
    lines += [f"  {key}: {{{{env: {{upper}}_SIS_{key.upper()}}}}}" for key in ("client_id", "client_secret")]
    if profile.vendor_renew:
        lines += [
            f"  {key}: {{{{env: {{upper}}_SIS_{key.upper()}}}}}" for key in ("vendor_key", "vendor_secret")
        ]
    return "\n".join(lines) + "\n"


@asynccontextmanager
async def _opened(
    profile: OneRosterProfile, settings: OneRosterSettings, context: ConnectorContext
) -> AsyncIterator[GradeSink]:
    roster_url, gradebook_url = settings.roots
    is_id_given = (settings.id_mode or profile.id_mode) == "server"
    calls = Calls()
    async with HttpClient(
        vendor_of(profile, is_signed=settings.is_signed),
        roster_url,
        _authorization(profile, settings, context),
        calls,
        max_in_flight=settings.max_in_flight or min(profile.pace.most, context.max_in_flight),
        transport=_paced(profile, settings, context),
    ) as http:
        page_size = settings.page_size or profile.page_size
        gradebook = http.at(
            gradebook_url,
            vendor_of(profile, is_id_given=is_id_given, is_gradebook=True, is_signed=settings.is_signed),
            _vendor_header(settings, context),
        )
        is_lower = (
            profile.lower_case_paths if settings.lower_case_paths is None else settings.lower_case_paths
        )
        by_class = settings.categories_by_class
        yield OneRosterSink(
            profile=profile,
            system_id=settings.system_id or f"{profile.kind}:{installation_of(settings.base_url)}",
            roster=ListReader(http, page_size),
            gradebook=ListReader(gradebook, page_size),
            writer=Writer(
                profile,
                settings.spoken_version,
                roster_url,
                gradebook_url,
                context.zone,
                context.as_of,
                is_id_given,
            ),
            context=context,
            calls=calls,
            allocates_ids=is_id_given,
            clears_results=settings.delete_results,
            categories_by_class=profile.categories_by_class if by_class is None else by_class,
            reads_terms=profile.reads_terms if settings.reads_terms is None else settings.reads_terms,
            line_items_name="lineitems" if is_lower else "lineItems",
            # By our own id a create whose answer is lost is found, and a PUT of it may be repeated; a POST might
            # give it another id. Results are found by their student, whatever id they have.
            line_item_batch=_batch(profile.bulk_line_items, settings) if is_id_given else 1,
            result_batch=_batch(profile.bulk_results, settings),
        )


def _paced(profile: OneRosterProfile, settings: OneRosterSettings, context: ConnectorContext) -> Paced | None:
    """Go by the hour where the provider asks for that; a night may end in peak hours."""
    if settings.max_in_flight is not None or profile.pace.peak is None:
        return None
    return Paced(lanes_to(settings.base_url), lambda: profile.pace.at(context.local_now()))


def _batch(usual: int, settings: OneRosterSettings) -> int:
    if settings.spoken_version == "1.1" or settings.bulk is False:
        return 1
    return BULK if settings.bulk and usual == 1 else usual


def _authorization(
    profile: OneRosterProfile, settings: OneRosterSettings, context: ConnectorContext
) -> Authorization:
    is_bulk = max(_batch(profile.bulk_line_items, settings), _batch(profile.bulk_results, settings)) > 1
    usual = scopes_of(settings.spoken_version, is_bulk=is_bulk, deletes=settings.delete_results)
    return authorization(
        settings.used_auth,
        (context.read_secret(settings.client_id), context.read_secret(settings.client_secret)),
        label=profile.label,
        token_url=settings.token_url,
        scope=(usual if settings.scope is None else settings.scope) or None,
        renew=profile.renew,
    )


def _vendor_header(settings: OneRosterSettings, context: ConnectorContext) -> dict[str, str]:
    if settings.vendor_key is None or settings.vendor_secret is None:
        return {}
    pair = (context.read_secret(settings.vendor_key), context.read_secret(settings.vendor_secret))
    return {VENDOR_HEADER: ":".join(pair)}
