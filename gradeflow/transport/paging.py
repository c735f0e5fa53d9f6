"""Lists over several answers: follow the Link header, on the same origin, never in a circle.

A list ends where the other side says so; whoever knows a system that does not say so asks on by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from gradeflow.errors import PermanentError
from gradeflow.transport.address import origin_of

_PAGE_LINKS = frozenset({"first", "prev", "next", "last"})


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a list.

    Attributes:
        body: its JSON.
        total: the size of the whole list, where the other side told it.
        is_linked: whether the other side tells by links where the list goes on, and so where it ends.
    """

    body: Any
    total: int | None
    is_linked: bool


@dataclass(slots=True)
class NextPage:
    """Finds the next page of one list, and refuses to be led elsewhere or around."""

    label: str
    origin: tuple[str, str, int]
    _seen: set[str] = field(default_factory=set)

    def after(self, response: httpx.Response) -> httpx.URL | None:
        """Give the address of the next page, None after the last.

        Raises:
            PermanentError: the link leaves the origin (the token would go with it), was followed before, or
                is no address.

        Source: RFC 8288; Canvas "Pagination" and OneRoster 1.1 section 3.4, read 2026-11.
        """
        return self.follow(response.request.url, response.links.get("next", {}).get("url"))

    def follow(self, here: httpx.URL, link: str | None) -> httpx.URL | None:
        """Do the same for a link that the other side wrote into the body of its answer to `here`."""
        self._seen.add(str(here))
        if not link:
            return None
        try:
            url = here.join(link)
        except httpx.InvalidURL:
            url = httpx.URL("")
        if origin_of(url) != self.origin:
            raise PermanentError(
                "a list goes on at another host, to which the token must not go: is base_url the address"
                " that the system itself uses (https, host, port)?",
                system=self.label,
                code="PAGING_OFF_ORIGIN",
            )
        if str(url) in self._seen:
            raise PermanentError(
                "a list leads in a circle: its next page was already read. Tell the vendor",
                system=self.label,
                code="PAGING_LOOP",
            )
        return url


def total_of(response: httpx.Response) -> int | None:
    """Read X-Total-Count; None where absent or no number."""
    text = response.headers.get("X-Total-Count", "").strip()
    return int(text) if text.isdecimal() else None


def is_linked(response: httpx.Response) -> bool:
    """Tell whether an answer has links to pages; other links say nothing of where a list ends."""
    return not _PAGE_LINKS.isdisjoint(response.links)
