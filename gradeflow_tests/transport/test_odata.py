"""OData's forms all give the same rows, and XML from outside does no harm."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from gradeflow.errors import PermanentError
from gradeflow.ports import Calls
from gradeflow.transport.answers import Vendor
from gradeflow.transport.auth import basic_login
from gradeflow.transport.http import HttpClient
from gradeflow.transport.odata import ACCEPT, EntityPage, Values, entity_pages, parse_page

ROWS = [
    {"Id": "501", "Score": "8.1", "At": "2018-06-01T00:00:00", "On": "true", "Note": None, "Title": "a<b & ü"}
]
NEXT = "https://far.example/odata/x/Grades?$skip=1"
LIGHT = (
    '{"odata.metadata":"m","value":[{"Id":501,"Score":8.1,"At":"2018-06-01T00:00:00","On":true,"Note":null,'
    f'"Title":"a<b & ü"}}],"odata.nextLink":"{NEXT}"}}'
)
V4 = LIGHT.replace("odata.metadata", "@odata.context").replace('"odata.nextLink', '"@odata.nextLink')
VERBOSE = (
    '{"d":{"results":[{"__metadata":{"uri":"u"},"Id":501,"Score":8.1,"At":"\\/Date(1527811200000)\\/","On":true,'
    f'"Note":null,"Title":"a<b & ü","Course":{{"__deferred":{{}}}}}}],"__next":"{NEXT}"}}}}'
)
ATOM = f"""<?xml version="1.0" encoding="utf-8"?>
<feed xml:base="https://far.example/odata/x" xmlns="http://www.w3.org/2005/Atom"
  xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices"
  xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">
<id>x</id><title /><link rel="self" href="https://far.example/odata/x/Grades" />
<entry><id>1</id><link rel="next" href="https://far.example/not-this" /><title>Id</title>
<content type="application/xml"><m:properties>
<d:Id m:type="Edm.Int32">501</d:Id><d:Score m:type="Edm.Double">8.1</d:Score>
<d:At m:type="Edm.DateTime">2018-06-01T00:00:00</d:At><d:On m:type="Edm.Boolean">true</d:On>
<d:Note m:null="true" /><d:Title>a&lt;b &amp; ü</d:Title></m:properties></content></entry>
<link rel="next" href="{NEXT}" /></feed>"""


def answer(body: str | bytes, kind: str = "application/json") -> httpx.Response:
    request = httpx.Request("GET", "https://far.example/odata/x/Grades")
    return httpx.Response(200, content=body, headers={"Content-Type": kind}, request=request)


@pytest.mark.parametrize(
    "body", [LIGHT, V4, VERBOSE, ATOM, "\ufeff" + ATOM], ids=["light", "v4", "verbose", "atom", "bom"]
)
def test_every_form_gives_the_same_rows_as_text(body: str) -> None:
    assert parse_page("Far", answer(body.encode())) == EntityPage(ROWS, NEXT)


def test_an_empty_text_is_not_null() -> None:
    body = ATOM.replace('<d:Note m:null="true" />', "<d:Note></d:Note>")
    assert parse_page("Far", answer(body)).rows[0]["Note"] == ""


def test_numbers_keep_every_digit() -> None:
    body = '{"value":[{"Score":0.1000000000000000055511151231257827}]}'
    assert parse_page("Far", answer(body)).rows == [{"Score": "0.1000000000000000055511151231257827"}]


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE feed [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE feed [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE feed SYSTEM "http://far.example/feed.dtd">',
    ],
)
def test_a_document_type_is_refused(doctype: str) -> None:
    body = ATOM.replace("?>", f"?>{doctype}", 1).replace(">501<", ">501<" if "SYSTEM" in doctype else ">&b;<")
    with pytest.raises(PermanentError) as caught:
        parse_page("Far", answer(body, "application/atom+xml"))
    assert caught.value.code == "NOT_JSON"


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ("<html><body>Log in</body></html>", "text/html", "NOT_JSON"),
        ("<service />", "application/xml", "NOT_JSON"),
        (ATOM[:-20], "application/atom+xml", "NOT_JSON"),
        ("", "application/json", "NOT_JSON"),
        ("[1]", "application/json", "NOT_ODATA"),
        ('{"value": 5}', "application/json", "NOT_ODATA"),
        ('{"value": [5]}', "application/json", "NOT_ODATA"),
    ],
)
def test_what_is_no_list_of_entities_is_never_an_empty_list(body: str, kind: str, code: str) -> None:
    with pytest.raises(PermanentError) as caught:
        parse_page("Far", answer(body, kind))
    assert caught.value.code == code


def read(handler: Any, options: dict[str, str] | None = None) -> tuple[list[Values], list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return handler(request)

    async def main() -> list[Values]:
        client = HttpClient(
            Vendor("Far", "renew", "widen"),
            "https://far.example/odata/x",
            basic_login("admin", "hidden:ü"),
            Calls(),
            headers={"Accept": ACCEPT},
            transport=httpx.MockTransport(note),
        )
        async with client as http:
            return [row async for page in entity_pages(http, "Grades", options) for row in page]

    return asyncio.run(main()), seen


def test_pages_are_followed_to_the_end_with_the_password_each_time() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, content=ATOM if b"skip" not in request.url.query else '{"value":[{"Id":7}]}'
        )

    rows, seen = read(serve, {"$filter": "T_ModifiedDate gt DateTime'2018-06-01'"})
    assert rows == [*ROWS, {"Id": "7"}]
    assert seen[0].url.params["$filter"] == "T_ModifiedDate gt DateTime'2018-06-01'"
    assert {request.headers["Authorization"] for request in seen} == {"Basic YWRtaW46aGlkZGVuOsO8"}
    assert {request.headers["Accept"] for request in seen} == {ACCEPT}


@pytest.mark.parametrize(
    ("link", "code"),
    [(NEXT, "PAGING_LOOP"), ("https://evil.example/odata/x/Grades?$skip=1", "PAGING_OFF_ORIGIN")],
)
def test_a_list_that_leads_around_or_elsewhere_is_refused(link: str, code: str) -> None:
    body = json.dumps({"value": [{"Id": 1}], "odata.nextLink": link})
    with pytest.raises(PermanentError) as caught:
        read(lambda request: httpx.Response(200, content=body))
    assert caught.value.code == code
