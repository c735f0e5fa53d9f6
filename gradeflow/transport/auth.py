"""What proves who we are: fixed headers, or a token of OAuth 2. Signed requests are `oauth1`.

Authlib writes the token request. It does not send it, because its httpx client is one of its own (second
connection pool, own errors), and it does not keep the token, because it measures a token's life on the wall
clock, which may be set.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol
from urllib.parse import quote

import httpx
from authlib.oauth2 import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_token_request

from gradeflow.errors import CredentialError, PermanentError, RetriableError
from gradeflow.transport.address import shown_host
from gradeflow.transport.answers import Next, json_or_none, next_for, not_json
from gradeflow.transport.waiting import retry_after_seconds

AuthMode = Literal["basic", "body"]
UNKNOWN_LIFE_SECONDS = 3600.0
_FORM = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}


Headers = Mapping[str, str]


class Authorization(Protocol):
    """Gives the headers that authorise one request, and hears when they were refused."""

    async def headers(self, http: httpx.AsyncClient, method: str, url: httpx.URL) -> Headers:
        """Give the headers of one request, getting a token first where there is none."""

    def refuse(self, headers: Headers) -> bool:
        """Note that these headers were refused; tell whether others may be had."""


@dataclass(frozen=True, slots=True)
class FixedHeaders:
    """Headers that a person was given, such as a certificate's; refused ones stay refused."""

    fixed: Headers = field(repr=False)

    async def headers(self, http: httpx.AsyncClient, method: str, url: httpx.URL) -> Headers:
        """Give the headers."""
        return self.fixed

    def refuse(self, headers: Headers) -> bool:
        """Tell that no others can be had."""
        return False


def bearer_token(token: str) -> FixedHeaders:
    """Authorise by a token that a person made."""
    return FixedHeaders({"Authorization": f"Bearer {token}"})


def basic_login(user: str, password: str) -> FixedHeaders:
    """Authorise by user and password in each request. Source: RFC 7617, section 2, read 2026-11."""
    code = base64.b64encode(f"{user}:{password}".encode()).decode()
    return FixedHeaders({"Authorization": f"Basic {code}"})


def refuse_unsendable(label: str, renew: str, headers: Headers) -> None:
    """Find credentials that no header can carry; sent they would look like a lost connection.

    Raises:
        CredentialError: a value has a line break, a blank at its end, or another letter than those of ASCII.
    """
    if not all(
        value.isascii() and value.isprintable() and value == value.strip() for value in headers.values()
    ):
        raise CredentialError(
            "the credentials hold a line break, a blank at the end or a letter that is not ASCII, such as a"
            f" typographic quote, and were not sent: copy them anew. {renew}",
            system=label,
            code="CREDENTIAL_INVALID",
        )


@dataclass(slots=True)
class ClientCredentials:
    """OAuth 2 client credentials, alone or with a refresh token; one token, shared, got anew shortly before it ends.

    Once the token endpoint has refused them they stay refused: asking again could only lock the key.

    Attributes:
        label: the system as operators call it.
        renew: what to do when the token endpoint refuses.
        refresh_token: what a person got who let the client in, where the provider demands that.
        setting: the key of the district file that leads to the token endpoint.
        mode: whether id and secret go in HTTP Basic or in the form body.
        margin_seconds: how long before its end a token is not used any more.
        clock: monotonic seconds.

    Source: RFC 6749, sections 2.3.1, 4.4, 5 and 6, read 2026-11.
    """

    label: str
    token_url: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    renew: str
    scope: str | None = None
    refresh_token: str | None = field(default=None, repr=False)
    setting: str = "token_url"
    mode: AuthMode = "basic"
    margin_seconds: float = 30.0
    clock: Callable[[], float] = time.monotonic
    _token: str | None = field(default=None, init=False, repr=False)
    _ends: float = field(default=0.0, init=False)
    _refused_with: int | None = field(default=None, init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)

    async def headers(self, http: httpx.AsyncClient, method: str, url: httpx.URL) -> Headers:
        """Give the bearer header; concurrent callers share one request for a token.

        Raises:
            CredentialError: the token endpoint refuses the credentials, or has refused them before.
            RetriableError: it does not answer, or is busy.
            PermanentError: what it answers is no token.
        """
        async with self._lock:
            if self._refused_with is not None:
                raise self._refusal(self._refused_with)
            if self._token is None or self.clock() >= self._ends:
                self._token, life = self._parse(await self._ask(http))
                # A token shorter than the margin is still used for half its life, else none ever would be.
                self._ends = self.clock() + max(life - self.margin_seconds, life / 2)
            return {"Authorization": f"Bearer {self._token}"}

    def refuse(self, headers: Headers) -> bool:
        """Drop the token, unless another caller has renewed it meanwhile."""
        if headers.get("Authorization") == f"Bearer {self._token}":
            self._token = None
        return True

    async def _ask(self, http: httpx.AsyncClient) -> httpx.Response:
        headers, form = self._request()
        try:
            response = await http.post(self.token_url, content=form, headers=headers)
        except httpx.RequestError as error:
            kind = type(error).__name__
        else:
            return self._checked(response)
        raise RetriableError(
            f"the token endpoint at {shown_host(httpx.URL(self.token_url))} does not answer ({kind}): is"
            f" {self.setting} in the district file right, is the system up? The next run asks again",
            system=self.label,
            code="UNREACHABLE",
        )

    def _request(self) -> tuple[dict[str, str], str]:
        grant = "client_credentials" if self.refresh_token is None else "refresh_token"
        form = prepare_token_request(grant, refresh_token=self.refresh_token, scope=self.scope)
        if self.mode == "basic":
            # Section 2.3.1 wants both encoded before they are joined by a colon; Authlib joins them as they are.
            pair = (quote(self.client_id, safe=""), quote(self.client_secret, safe=""))
            client = ClientAuth(*pair, "client_secret_basic")
        else:
            client = ClientAuth(self.client_id, self.client_secret, "client_secret_post")
        _, headers, form = client.prepare("POST", self.token_url, dict(_FORM), form)
        return headers, form

    def _checked(self, response: httpx.Response) -> httpx.Response:
        status = response.status_code
        step = next_for(status)
        if step is Next.USE:
            return response
        if status in {400, 401, 403}:
            self._refused_with = status
            raise self._refusal(status)
        if step in {Next.WAIT, Next.UNSURE}:
            raise RetriableError(
                f"the token endpoint answered {status}: busy or failing; nothing was sent, the next run asks again",
                system=self.label,
                code="UNAVAILABLE",
                status=status,
                retry_after_seconds=retry_after_seconds(response),
            )
        raise PermanentError(
            f"the token endpoint answered {status}: correct {self.setting} in the district file",
            system=self.label,
            code="TOKEN_URL_WRONG",
            status=status,
        )

    def _refusal(self, status: int) -> CredentialError:
        return CredentialError(
            f"the token endpoint answered {status} to client_id and client_secret. {self.renew}",
            system=self.label,
            code="CREDENTIAL_INVALID",
            status=status,
        )

    def _parse(self, response: httpx.Response) -> tuple[str, float]:
        body = json_or_none(response)
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(token, str) or not token:
            raise not_json(self.label, response, key=self.setting)
        try:
            life = float(body.get("expires_in") or UNKNOWN_LIFE_SECONDS)
        except (TypeError, ValueError):
            life = UNKNOWN_LIFE_SECONDS
        return token, life
