"""Reading Schoology's lists: page by page along `links.next`, and many lists in one call.

Multi-get takes up to 50 lists in one POST and answers each by itself. What fails there is asked for once more
alone, so that it is waited for and refused as any other call.

Source: developers.schoology.com (Multi-get, and the samples of each list), read 2026-11. It shows no answer of
multi-get in JSON; its form is that which public clients read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from gradeflow.errors import CredentialError, OutsideError, PermanentError, RetriableError
from gradeflow.lms.records import is_of_one
from gradeflow.lms.schoology_records import LABEL, Record, invalid
from gradeflow.model.points import parse_decimal
from gradeflow.transport.address import origin_of
from gradeflow.transport.http import HttpClient
from gradeflow.transport.paging import NextPage
from gradeflow.transport.together import together

AT_ONCE = 50
SMALLEST_PAGE = 20
_NO_MULTIGET = (403, 404, 405)  # a gateway or an app without it: every list can be read alone too


@dataclass(slots=True)
class Listing:
    """One list on its way.

    Attributes:
        name: the key that holds its rows; with a point between where it lies deeper.
        here: path and query of its next page, below the base address; None once it is whole.
        failure: why it is not whole, where the rest of the school can do without it.
        is_unlinked: whether its pages say nothing of links, as the sample of a section's grades does.
    """

    name: str
    here: str | None
    follow: NextPage
    rows: list[Record] = field(default_factory=list)
    failure: OutsideError | None = None
    is_unlinked: bool = False

    @property
    def is_open(self) -> bool:
        """Whether there is more to read."""
        return self.here is not None and self.failure is None

    def unlinked(self, count: int) -> str | None:
        """Give the next page where the answer names none; fewer rows than the smallest page are the last."""
        self.is_unlinked = True
        if count < SMALLEST_PAGE or self.here is None:
            return None
        return str(httpx.URL(self.here).copy_set_param("start", str(len(self.rows))))

    def whole(self) -> list[Record]:
        """Give its rows.

        Raises:
            OutsideError: it could not be read.
        """
        if self.failure is not None:
            raise self.failure
        return self.rows

    def fail(self, error: OutsideError) -> None:
        """Note that it stays out of reach, or raise where every other list would too."""
        if not is_of_one(error) and not (isinstance(error, CredentialError) and error.status == 403):
            raise error
        self.failure = error


@dataclass(slots=True)
class Reader:
    """Reads lists of one Schoology."""

    http: HttpClient
    page_size: int
    is_bulk: bool

    async def one(self, path: str, name: str, **query: str | None) -> list[Record]:
        """Read one list to its end.

        Raises:
            OutsideError: it cannot be read whole.
        """
        (listing,) = await self.alone([self.listing(path, name, **query)])
        return listing.whole()

    async def alone(self, listings: Sequence[Listing]) -> Sequence[Listing]:
        """Read lists that multi-get does not know, each by itself."""
        while waiting := [one for one in listings if one.is_open]:
            await together(self._page(one) for one in waiting)
        return listings

    async def many(self, listings: Sequence[Listing]) -> Sequence[Listing]:
        """Read lists that multi-get knows; each ends whole or with its failure.

        Raises:
            OutsideError: none of them can be read, or an answer is not as documented.
        """
        if not self.is_bulk:
            return await self.alone(listings)
        while waiting := [one for one in listings if one.is_open]:
            parts = [waiting[i : i + AT_ONCE] for i in range(0, len(waiting), AT_ONCE)]
            await together(self._pages(part) for part in parts)
        return listings

    def listing(self, path: str, name: str, **query: str | None) -> Listing:
        """Name a list; a query of None is left out."""
        pairs = [(key, value) for key, value in query.items() if value is not None]
        text = urlencode([*pairs, ("limit", str(self.page_size))], safe=",")
        return Listing(name, f"{path}?{text}", NextPage(LABEL, origin_of(self._base)))

    @property
    def _base(self) -> httpx.URL:
        return httpx.URL(self.http.base_url)

    async def _page(self, listing: Listing) -> None:
        try:
            body = await self.http.get(listing.here or "")
        except OutsideError as error:
            listing.fail(error)
        else:
            self._take(listing, body)

    async def _pages(self, listings: Sequence[Listing]) -> None:
        targets = [f"{self._base.path}{one.here}" for one in listings]
        try:
            answer = await self.http.ask("/multiget", {"request": targets})
        except OutsideError as error:
            if error.status in _NO_MULTIGET:
                self.is_bulk = False
                await together(self._page(one) for one in listings)
                return
            for one in listings:
                one.fail(error)
            return
        again = []
        for listing, body in zip(listings, bodies_of(answer, targets), strict=True):
            if body is None:
                again.append(listing)
            else:
                self._take(listing, body)
        await together(self._page(one) for one in again)

    def _take(self, listing: Listing, body: Any) -> None:
        rows = rows_in(body, listing.name)
        if listing.is_unlinked and rows and rows == listing.rows[-len(rows) :]:
            listing.here = None  # the start was ignored: there are no pages
        else:
            listing.rows += rows
            listing.here = self._after(listing, body) if "links" in body else listing.unlinked(len(rows))
        total = parse_decimal(body.get("total"))
        if listing.here is None and total is not None and total > len(listing.rows):
            listing.failure = _cut(listing.name)

    def _after(self, listing: Listing, body: Any) -> str | None:
        links = body.get("links")
        link = links.get("next") if isinstance(links, dict) else None
        if isinstance(link, str) and self._base.scheme == "https" and link.startswith("http://"):
            # Its own samples write http where only https is served; nothing is ever sent to the former.
            link = f"https://{link.removeprefix('http://')}"
        url = listing.follow.follow(self._base.join(self._base.path + (listing.here or "")), link)
        if url is None:
            return None
        target, base = url.raw_path.decode("ascii"), f"{self._base.path}/"
        if not target.startswith(base):
            raise PermanentError(
                "a list goes on outside the API: is base_url the address that ends in /v1?",
                system=LABEL,
                code="PAGING_OFF_ORIGIN",
            )
        return f"/{target.removeprefix(base)}"


def rows_in(body: Any, name: str) -> list[Record]:
    """Give the rows of one page.

    Raises:
        SourceDataError: it holds no such list. Schoology answers 200 with the section itself where an address
            below a section is unknown to it, so an absent key is no empty list.
    """
    found = body
    for key in name.split("."):
        if isinstance(found, dict):
            found = found.get(key)
        elif found is body or found != []:  # PHP writes an empty object as an empty list
            found = None
    if isinstance(found, list) and all(isinstance(one, dict) for one in found):
        return found
    raise invalid(f"an answer without a list of {name}")


def _cut(name: str) -> RetriableError:
    return RetriableError(
        f"a list ({name}) ends before the total that it tells: it is not whole, so nothing is concluded from it",
        system=LABEL,
        code="LIST_CUT",
    )


def bodies_of(answer: Any, targets: Sequence[str]) -> list[Any]:
    """Give the bodies of a multi-get in the order asked for; None for what was not answered well.

    Raises:
        SourceDataError: the answer is no multi-get's, or answers something else than was asked.
    """
    answers = answer.get("response") if isinstance(answer, dict) else None
    if not isinstance(answers, list) or not all(isinstance(one, dict) for one in answers):
        raise invalid("a multi-get without a list of answers")
    if len(answers) != len(targets):
        return [None] * len(targets)
    return [_body(one, target) for one, target in zip(answers, targets, strict=True)]


def _body(answer: Record, target: str) -> Any:
    said = urlsplit(str(answer.get("location") or ""))
    if said.path and said.path != urlsplit(target).path:
        raise invalid("a multi-get whose answers are in another order than the requests")
    code = parse_decimal(answer.get("response_code"))
    is_well = code is not None and 200 <= code < 300 and isinstance(answer.get("body"), dict)
    return answer["body"] if is_well else None
