"""Ids in the form that a district's LMS carries, built from a vendor's own fields by a template of the district file.

A vendor knows one section by several numbers, and which of them the LMS was given is the district's choice:
`"{SchoolCode}_{SectionNumber}"` for one, `"{StateStudentID}"` for another. The template is filled once per record and
remembered both ways, so that nobody has to take an id apart again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator

from gradeflow.errors import PermanentError, SourceDataError
from gradeflow.transport.records import text_of

_FIELD = re.compile(r"\{([A-Za-z][A-Za-z0-9_.]*)\}")
KeyT = TypeVar("KeyT")


def parse_template(text: str) -> str:
    """Check a template.

    >>> parse_template("{SchoolCode}_{SectionNumber}")
    '{SchoolCode}_{SectionNumber}'

    Raises:
        ValueError: it names no field, or a brace is left over.
    """
    if not _FIELD.search(text) or re.search(r"[{}]", _FIELD.sub("", text)):
        msg = 'write fields of the record in braces, such as "{SchoolCode}_{SectionNumber}"'
        raise ValueError(msg)
    return text


IdTemplate = Annotated[str, AfterValidator(parse_template)]


def filled(template: str, record: Mapping[str, Any]) -> str | None:
    """Fill a template; None where one of its fields is absent or blank.

    >>> filled("{a}_{b}", {"a": 994, "b": "0901"}), filled("{a}", {"a": " "})
    ('994_0901', None)
    """
    values: dict[str, str] = {}
    for name in _FIELD.findall(template):
        value = (text_of(record.get(name)) or "").strip()
        if not value:
            return None
        values[name] = value
    return _FIELD.sub(lambda match: values[match[1]], template)


def fields_of(template: str) -> list[str]:
    """List the fields that a template names.

    >>> fields_of("{schoolid}_{id}")
    ['schoolid', 'id']
    """
    return _FIELD.findall(template)


class Ids(Generic[KeyT]):
    """The two names of each record of one kind: the vendor's key and the id that the LMS carries."""

    def __init__(self, kind: str, setting: str, template: str, label: str) -> None:
        self._kind, self._setting, self._template, self._label = kind, setting, template, label
        self._by_id: dict[str, KeyT] = {}
        self._by_key: dict[KeyT, str] = {}

    def add(self, records: Iterable[tuple[KeyT, Mapping[str, Any]]]) -> None:
        """Name records. One without the template's fields has no name: nobody in the LMS can mean it.

        Raises:
            SourceDataError: two records get one id, or none of them gets any.
        """
        nameless = 0
        for key, record in records:
            name = filled(self._template, record)
            if name is None:
                nameless += 1
            elif self._by_id.setdefault(name, key) != key:
                raise SourceDataError(
                    f"two {self._kind}s get the same id by {self._setting}: choose fields that tell them apart",
                    system=self._label,
                    code="SIS_RECORD_INVALID",
                )
            else:
                self._by_key[key] = name
        if nameless and not self._by_id:
            raise SourceDataError(
                f"no {self._kind} has the fields that {self._setting} names: are they spelled as the vendor does?",
                system=self._label,
                code="SIS_RECORD_INVALID",
            )

    def name_of(self, key: KeyT) -> str | None:
        """Give the id that the LMS carries; None where it has none."""
        return self._by_key.get(key)

    def key_of(self, name: str) -> KeyT:
        """Give the vendor's key.

        Raises:
            PermanentError: there is no such record (code SECTION_UNKNOWN, STUDENT_UNKNOWN, ...).
        """
        if name not in self._by_id:
            raise PermanentError(
                f"there is no such {self._kind} any more: was it removed, or did {self._setting} change?",
                system=self._label,
                code=f"{self._kind.upper()}_UNKNOWN",
            )
        return self._by_id[name]
