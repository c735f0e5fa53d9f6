"""What a practice data warehouse answers: Atom as in every public sample, or JSON, and its own description.

JSON is OData 3's light form, or the verbose form of OData 2 where the caller says that it knows no more.

Source: the Atom samples of developer.itslearning.com; OData 2.0 "JSON Format", OData 3.0 "JSON Light" and
"Atom Format", read 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from xml.sax.saxutils import escape, quoteattr

from gradeflow.sandbox.itslearning_entities import BIG, ENTITY_SETS, TEXT, TIME, EntitySet
from gradeflow.sandbox.wire import Answer

Form = Literal["atom", "light", "verbose"]
Row = Mapping[str, Any]

MEDIA = {
    "atom": "application/atom+xml;type=feed;charset=utf-8",
    "light": "application/json;odata=minimalmetadata;streaming=true;charset=utf-8",
    "verbose": "application/json;odata=verbose;charset=utf-8",
}
VERSION = {"atom": "3.0", "light": "3.0", "verbose": "2.0"}
_XML = '<?xml version="1.0" encoding="utf-8"?>'
_NAMESPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices"'
    ' xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"'
    ' xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml"'
)
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - Edm.DateTime has no zone
_PACKAGE = "Itslearning.Reporting"


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of an entity set.

    Attributes:
        base: the service's address, without a trailing slash.
        following: address of the next page, None on the last.
        count: size of the whole, where it was asked for.
    """

    entity: EntitySet
    base: str
    columns: Sequence[str]
    rows: Sequence[Row]
    following: str | None
    count: int | None


def rendered(page: Rows, form: Form, updated: str) -> Answer:
    """Write a page."""
    body: Any
    if form == "light":
        body = {"odata.metadata": f"{page.base}/$metadata#{page.entity.name}"}
        body |= {} if page.count is None else {"odata.count": str(page.count)}
        body["value"] = [{name: _light(page, row, name) for name in page.columns} for row in page.rows]
        body |= {} if page.following is None else {"odata.nextLink": page.following}
    elif form == "verbose":
        inner: dict[str, Any] = {} if page.count is None else {"__count": str(page.count)}
        inner["results"] = [_verbose(page, row) for row in page.rows]
        inner |= {} if page.following is None else {"__next": page.following}
        body = {"d": inner}
    else:
        body = _feed(page, updated).encode()
    return Answer(200, body, {"DataServiceVersion": f"{VERSION[form]};"}, media_type=MEDIA[form])


def address_of(page: Rows, row: Row) -> str:
    """Give the address of one row."""
    key = page.entity.key
    parts = [str(row[name]) for name in key]
    named = parts if len(key) == 1 else [f"{name}={part}" for name, part in zip(key, parts, strict=True)]
    return f"{page.base}/{page.entity.name}({','.join(named)})"


def _light(page: Rows, row: Row, column: str) -> Any:
    value = row[column]
    return str(value) if value is not None and page.entity.type_of(column) == BIG else value


def _verbose(page: Rows, row: Row) -> dict[str, Any]:
    address = address_of(page, row)
    about = {"id": address, "uri": address, "type": f"{_PACKAGE}.{page.entity.type}"}
    return {"__metadata": about, **{name: _old(page, row, name) for name in page.columns}}


def _old(page: Rows, row: Row, column: str) -> Any:
    value = _light(page, row, column)
    if value is None or page.entity.type_of(column) != TIME:
        return value
    milliseconds = (dt.datetime.fromisoformat(value) - _EPOCH) // dt.timedelta(milliseconds=1)
    return f"/Date({milliseconds})/"


def _feed(page: Rows, updated: str) -> str:
    lines = [
        _XML,
        f"<feed xml:base={quoteattr(page.base)} {_NAMESPACES}>",
        "<id>http://schemas.datacontract.org/2004/07/</id><title />",
        f"<updated>{updated}</updated>",
        f'<link rel="self" href={quoteattr(f"{page.base}/{page.entity.name}")} />',
    ]
    if page.count is not None:
        lines.append(f"<m:count>{page.count}</m:count>")
    lines += [_entry(page, row, updated) for row in page.rows]
    if page.following is not None:
        lines.append(f'<link rel="next" href={quoteattr(page.following)} />')
    return "\n".join([*lines, "</feed>"])


def _entry(page: Rows, row: Row, updated: str) -> str:
    address = quoteattr(address_of(page, row))
    inside = "".join(_property(page.entity, row, name) for name in page.columns)
    return (
        f"<entry><id>{address[1:-1]}</id>"
        f'<category term="{_PACKAGE}.{page.entity.type}"'
        ' scheme="http://schemas.microsoft.com/ado/2007/08/dataservices/scheme" />'
        f'<link rel="edit" href={address} /><title /><updated>{updated}</updated><author><name /></author>'
        f'<content type="application/xml"><m:properties>{inside}</m:properties></content></entry>'
    )


def _property(entity: EntitySet, row: Row, column: str) -> str:
    value, kind = row[column], entity.type_of(column)
    typed = "" if kind == TEXT else f' m:type="{kind}"'
    if value is None:
        return f'<d:{column}{typed} m:null="true" />'
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<d:{column}{typed}>{escape(text)}</d:{column}>"


def service_document(base: str, form: Form) -> Answer:
    """List the entity sets."""
    version = {"DataServiceVersion": f"{VERSION[form]};"}
    if form == "light":
        sets = [{"name": name, "url": name} for name in ENTITY_SETS]
        return Answer(200, {"odata.metadata": f"{base}/$metadata", "value": sets}, version, MEDIA[form])
    if form == "verbose":
        return Answer(200, {"d": {"EntitySets": list(ENTITY_SETS)}}, version, MEDIA[form])
    sets_xml = "".join(
        f'<collection href="{name}"><atom:title>{name}</atom:title></collection>' for name in ENTITY_SETS
    )
    body = (
        f'{_XML}<service xml:base={quoteattr(base + "/")} xmlns="http://www.w3.org/2007/app"'
        ' xmlns:atom="http://www.w3.org/2005/Atom"><workspace><atom:title>Default</atom:title>'
        f"{sets_xml}</workspace></service>"
    )
    return Answer(200, body.encode(), version, "application/atomsvc+xml;charset=utf-8")


def metadata() -> Answer:
    """Describe the entity sets as CSDL."""
    types = "".join(map(_entity_type, ENTITY_SETS.values()))
    sets = "".join(
        f'<EntitySet Name="{one.name}" EntityType="{_PACKAGE}.{one.type}" />' for one in ENTITY_SETS.values()
    )
    body = (
        f'{_XML}<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx">'
        '<edmx:DataServices m:DataServiceVersion="3.0" m:MaxDataServiceVersion="3.0"'
        ' xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
        f'<Schema Namespace="{_PACKAGE}" xmlns="http://schemas.microsoft.com/ado/2009/11/edm">{types}'
        f'<EntityContainer Name="Container" m:IsDefaultEntityContainer="true">{sets}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    )
    return Answer(200, body.encode(), {"DataServiceVersion": "3.0;"}, "application/xml;charset=utf-8")


def _entity_type(entity: EntitySet) -> str:
    key = "".join(f'<PropertyRef Name="{name}" />' for name in entity.key)
    columns = "".join(
        f'<Property Name="{name}" Type="{entity.type_of(name)}" Nullable="{str(kind.endswith("?")).lower()}" />'
        for name, kind in entity.columns.items()
    )
    return f'<EntityType Name="{entity.type}"><Key>{key}</Key>{columns}</EntityType>'


def refusal(status: int, message: str, form: Form) -> Answer:
    """Write an error."""
    if form == "atom":
        body: Any = (
            f'{_XML}<m:error xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
            f'<m:code /><m:message xml:lang="en-US">{escape(message)}</m:message></m:error>'
        ).encode()
        return Answer(status, body, media_type="application/xml;charset=utf-8")
    told = {"code": "", "message": {"lang": "en-US", "value": message}}
    return Answer(status, {"odata.error" if form == "light" else "error": told}, media_type=MEDIA[form])
