"""Entity sets of an OData service (versions 1 to 4), page by page, from JSON or Atom.

Every value is handed on as text, as the service wrote it, or None: numbers stay exact, ids stay text. Instants
of OData's old JSON (`/Date(1527811200000)/`) are rewritten as in all other forms, ISO 8601 without a zone.

Atom is parsed by expat itself, with document type declarations refused: they are what makes XML from outside
dangerous (entities that grow or that read files), and no feed has one. That is why defusedxml is not needed.

Source: OData 3.0 Atom and JSON Light, OData 2.0 JSON, OData 4.0 JSON; RFC 4287; read 2026-11.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from xml.parsers import expat

import httpx

from gradeflow.errors import PermanentError
from gradeflow.transport.address import origin_of
from gradeflow.transport.answers import not_json, parse_json
from gradeflow.transport.http import HttpClient
from gradeflow.transport.paging import NextPage

Values = Mapping[str, str | None]

ACCEPT = "application/json, application/atom+xml;q=0.8"
_ATOM = "http://www.w3.org/2005/Atom "
_DATA = "http://schemas.microsoft.com/ado/2007/08/dataservices "
_META = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata "
_OLD_DATE = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d+)?\)/")
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - Edm.DateTime has no zone
_NEXT_LINKS = ("odata.nextLink", "@odata.nextLink", "__next")


@dataclass(frozen=True, slots=True)
class EntityPage:
    """One answer: its rows in order, and where the list goes on."""

    rows: list[Values]
    next_link: str | None


async def entity_pages(
    http: HttpClient, name: str, options: Mapping[str, str] | None = None
) -> AsyncIterator[list[Values]]:
    """Read an entity set to its end, page by page.

    Args:
        http: a client whose base address is the service's.
        name: the entity set.
        options: query options, such as `{"$filter": "CourseId eq 5"}`.

    Raises:
        OutsideError: a page could not be read or understood, leads elsewhere or around; the pages before it are
            not the set.
    """
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in (options or {}).items())
    url: httpx.URL | None = httpx.URL(f"{http.base_url}/{name}" + (f"?{query}" if query else ""))
    following = NextPage(http.vendor.label, origin_of(httpx.URL(http.base_url)))
    while url is not None:
        page = parse_page(http.vendor.label, await http.fetch(url))
        yield page.rows
        url = following.follow(url, page.next_link)


def parse_page(label: str, response: httpx.Response) -> EntityPage:
    """Read one answer, whichever form it has.

    Raises:
        PermanentError: it is neither OData's JSON nor Atom (code NOT_JSON or NOT_ODATA).
    """
    is_xml = response.content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    try:
        if is_xml and "html" not in response.headers.get("Content-Type", ""):
            return _feed(response.content)
        body = parse_json(response.content)
    except (ValueError, expat.ExpatError):
        pass
    else:
        page = _from_json(body)
        if page is not None:
            return page
        raise PermanentError(
            f"GET {response.request.url.path} answered JSON that is no list of entities: is base_url right?",
            system=label,
            code="NOT_ODATA",
        )
    raise not_json(label, response)


def _from_json(body: Any) -> EntityPage | None:
    if isinstance(body, dict) and "d" in body:
        body = body["d"] if isinstance(body["d"], dict) else {"results": body["d"]}
    if not isinstance(body, dict):
        return None
    rows = body.get("value", body.get("results"))
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return None
    links = [str(body[name]) for name in _NEXT_LINKS if body.get(name)]
    return EntityPage([_values(row) for row in rows], links[0] if links else None)


def _values(row: Mapping[str, Any]) -> Values:
    """Take a row's own columns: what describes it, and what it links to, are none."""
    return {
        name: _text(value)
        for name, value in row.items()
        if not isinstance(value, (dict, list)) and "odata." not in name
    }


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    old = _OLD_DATE.fullmatch(text)
    return text if old is None else (_EPOCH + dt.timedelta(milliseconds=int(old[1]))).isoformat()


def _feed(content: bytes) -> EntityPage:
    reader = _FeedReader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.Parse(content, True)
    if not reader.is_feed:
        msg = "no feed"
        raise ValueError(msg)
    return EntityPage(reader.rows, reader.next_link)


@dataclass(slots=True)
class _FeedReader:
    """Collects the properties of a feed's entries as expat walks through it."""

    rows: list[Values] = field(default_factory=list)
    next_link: str | None = None
    is_feed: bool = False
    _path: list[str] = field(default_factory=list)
    _row: dict[str, str | None] | None = None
    _pieces: list[str] | None = None

    def doctype(self, *_: object) -> None:
        msg = "a feed has no document type"
        raise ValueError(msg)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.is_feed = self.is_feed or (not self._path and name == f"{_ATOM}feed")
        depth = len(self._path)
        if name == f"{_META}properties":
            self._row = {}
        elif name == f"{_ATOM}link" and depth == 1 and attributes.get("rel") == "next":
            self.next_link = attributes.get("href")
        elif self._row is not None and self._path[-1] == f"{_META}properties" and name.startswith(_DATA):
            self._pieces = []
            if attributes.get(f"{_META}null") == "true":
                self._row[name.removeprefix(_DATA)] = None
        self._path.append(name)

    def text(self, data: str) -> None:
        if self._pieces is not None:
            self._pieces.append(data)

    def end(self, name: str) -> None:
        self._path.pop()
        if self._row is None:
            return
        if name == f"{_META}properties":
            self.rows.append(self._row)
            self._row = None
        elif self._pieces is not None and self._path[-1] == f"{_META}properties":
            self._row.setdefault(name.removeprefix(_DATA), "".join(self._pieces))
            self._pieces = None
