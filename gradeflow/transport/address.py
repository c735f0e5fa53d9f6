"""Addresses of other systems as a district file gives them, and whether two addresses share an origin."""

from __future__ import annotations

import ipaddress
from typing import Annotated

import httpx
from pydantic import AfterValidator

DEFAULT_PORTS = {"http": 80, "https": 443}


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, where plain HTTP gives no secret away."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def shown_host(url: httpx.URL) -> str:
    """Give what a message may tell of an address: host and port, never user, path or query.

    >>> shown_host(httpx.URL("https://a:b@sis.example:8443/students/0042?key=secret"))
    'sis.example:8443'
    """
    return url.netloc.decode("ascii", "replace")


def parse_address(text: str) -> str:
    """Check the address of a service and cut trailing slashes.

    >>> parse_address("https://lincoln.example/")
    'https://lincoln.example'

    Raises:
        ValueError: names what is wrong; never repeats the address, which may hold a password.
    """
    url = _parsed(text)
    if url.query:
        raise ValueError(_ONLY_THE_ADDRESS)
    return str(url).rstrip("/")


def parse_full_address(text: str) -> str:
    """Check an address that is used as it is, to its last slash; it may have a query.

    >>> parse_full_address("https://lincoln.example/oauth2/token?appName=grades")
    'https://lincoln.example/oauth2/token?appName=grades'

    Raises:
        ValueError: as `parse_address`.
    """
    return str(_parsed(text))


def _parsed(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text.strip())
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in DEFAULT_PORTS or not url.host:
        msg = "write a full address such as https://host.example/path"
        raise ValueError(msg)
    if url.userinfo or url.fragment:
        raise ValueError(_ONLY_THE_ADDRESS)
    if url.scheme == "http" and not is_loopback(url.host):
        msg = "write https://: plain http would send the credentials readable"
        raise ValueError(msg)
    return url


_ONLY_THE_ADDRESS = "no user, query or fragment in an address; secrets go into {env: NAME} or {file: PATH}"

Address = Annotated[str, AfterValidator(parse_address)]
FullAddress = Annotated[str, AfterValidator(parse_full_address)]


def origin_of(url: httpx.URL) -> tuple[str, str, int]:
    """Give scheme, host and effective port: what "the same origin" compares."""
    return url.scheme, url.host.lower(), url.port or DEFAULT_PORTS.get(url.scheme, 0)


def installation_of(address: str) -> str:
    """Name an installation by host, port where it is unusual, and path; the scheme is no part of it.

    >>> installation_of("https://lincoln.example/ims/oneroster/v1p1")
    'lincoln.example/ims/oneroster/v1p1'
    """
    url = httpx.URL(address)
    port = f":{url.port}" if url.port else ""
    return f"{url.host.lower()}{port}{url.path.rstrip('/')}"
