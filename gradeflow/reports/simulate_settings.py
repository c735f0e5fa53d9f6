"""A district file with other settings in place of some of its own, in memory only and checked as the file is.

Only what decides which scores go may be replaced: both systems stay, since what was read is theirs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, Field

from gradeflow.errors import ConfigError, Place
from gradeflow.model.district import Calendar, District, Passback, Strict, TeacherMembership
from gradeflow.model.district_tables import table_rows
from gradeflow.rules.profile import profile_for
from gradeflow.settings import DistrictFile, checked_district, parse_yaml, read_yaml, validated

REPLACEABLE = ("passback", "calendar", "overrides", "attested", "timezone")


@dataclass(frozen=True, slots=True)
class Replacements:
    """What somebody wants to try.

    Attributes:
        settings: `KEY=VALUE`, the key as in the district file with dots, the value as YAML.
        added, removed: SIS ids of teachers who join or leave the passback group.
        category_map, profile, calendar: files that stand in for the file's passback.categories, overrides, calendar.
    """

    settings: Sequence[str] = ()
    added: Sequence[str] = ()
    removed: Sequence[str] = ()
    category_map: Path | None = None
    profile: Path | None = None
    calendar: Path | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is replaced."""
        return not any(getattr(self, name) for name in self.__dataclass_fields__)


def replaced(file: DistrictFile, asked: Replacements, today: dt.date) -> DistrictFile:
    """Give a district file with replaced settings: whole parts from files first, then single keys, then teachers.

    Args:
        today: the district's day on which a teacher joins or leaves.

    Raises:
        ConfigError: an unknown key or value, told as the district file's own check tells it.
    """
    data, lines = read_yaml(file.path)
    passback = data.setdefault("passback", {})
    if asked.category_map is not None:
        passback["categories"] = _categories(asked.category_map)
    if asked.calendar is not None:
        data["calendar"] = _part(asked.calendar, "calendar")
    if asked.profile is not None:
        data["overrides"] = _overrides(asked.profile, file.district)
    for text in asked.settings:
        _set(data, text)
    district, tables = checked_district(data, file.path, lines, file.home)
    if asked.added or asked.removed:
        # Of the rows as they are read: some may lie in a table beside the file.
        stays = _joined(district.passback.teachers, asked, today)
        passback = {**data["passback"], "teachers": stays}
        district, _ = checked_district({**data, "passback": passback}, file.path, lines, file.home)
    try:
        profile_for(district)
    except ConfigError as error:
        raise ConfigError(error.problem, place=file.place("overrides"), allowed=error.allowed) from None
    return replace(file, district=district, tables=tables)


def _categories(path: Path) -> Any:
    """Read a category map: the rows of passback.categories, as YAML or as the CSV that the key may name."""
    if path.suffix.lower() != ".csv":
        return _part(path, "categories")
    _refuse_missing(path)
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError("this is not readable as UTF-8 text; save it as UTF-8", place=Place(path)) from None
    return list(table_rows("categories", text, path))


def _refuse_missing(path: Path) -> None:
    if not path.is_file():
        raise ConfigError("there is no such file", place=Place(path))


class _Parts(Strict):
    """The parts of a district file that may be read from a file of their own, beside `Passback.categories`."""

    calendar: Calendar = Calendar()
    overrides: dict[str, Any] = Field(default_factory=dict)


def _part(path: Path, key: str) -> Any:
    """Read one part of a district file; a mistake is told with that file's own line."""
    _refuse_missing(path)
    data, lines = read_yaml(path)
    if isinstance(data, Mapping) and set(data) == {key}:  # cut out of a district file, key and all
        data = data[key]
    else:
        lines = {(key, *at): line for at, line in lines.items()}
    validated(Passback if key in Passback.model_fields else _Parts, {key: data}, path, lines)
    return data


def _overrides(path: Path, district: District) -> Any:
    data = _part(path, "overrides")
    try:
        profile_for(district.model_copy(update={"overrides": data}))
    except ConfigError as error:
        key = error.problem.partition(":")[0].removeprefix("overrides.")
        _, lines = read_yaml(path)
        place = Place(path, lines.get((key,), lines.get(("overrides", key))), key=key or None)
        raise ConfigError(error.problem, place=place, allowed=error.allowed) from None
    return data


def _set(data: MutableMapping[str, Any], text: str) -> None:
    """Put one value at its place."""
    key, equals, value = text.partition("=")
    path = key.strip().split(".")
    if not equals or not all(path):
        raise ConfigError(f"--set {text} is no setting", allowed="KEY=VALUE, such as overrides.title_max=30")
    if path[0] not in REPLACEABLE:
        raise ConfigError(f"--set {key} cannot be tried", allowed=", ".join(REPLACEABLE))
    try:
        parsed = parse_yaml(value)[0] if value.strip() else None
    except (yaml.YAMLError, ValueError):  # a date such as 2026-02-31 is a ValueError
        raise ConfigError(f"--set {key}: the value is no valid YAML, or a date that does not exist") from None
    at: Any = data
    for step in path[:-1]:
        below = at.get(step) if isinstance(at, MutableMapping) else None
        if not isinstance(below, MutableMapping):
            if below is not None:
                raise ConfigError(f"--set {key}: {step} holds no keys in the district file")
            below = at[step] = {}
        at = below
    at[path[-1]] = parsed


def _is_in(stay: TeacherMembership, today: dt.date) -> bool:
    return (stay.added is None or stay.added <= today) and (stay.removed is None or today < stay.removed)


def _joined(
    members: Sequence[TeacherMembership], asked: Replacements, today: dt.date
) -> list[TeacherMembership]:
    """Let teachers join and leave on a day: a new stay, and the end of the one that lasts."""
    stays = list(members)
    for teacher in asked.added:
        if any(stay.teacher == teacher and _is_in(stay, today) for stay in stays):
            raise ConfigError(f"--add-teacher {teacher}: is in the passback group already")
        stays.append(TeacherMembership(teacher=teacher, added=today))
    for teacher in asked.removed:
        own = [at for at, stay in enumerate(stays) if stay.teacher == teacher and _is_in(stay, today)]
        if not own:
            inside = sorted({stay.teacher for stay in stays if _is_in(stay, today)})
            raise ConfigError(
                f"--remove-teacher {teacher}: is not in the passback group", allowed=", ".join(inside)
            )
        for at in own:
            stays[at] = stays[at].model_copy(update={"removed": today})
    return stays


def changes(was: District, becomes: District) -> list[dict[str, Any]]:
    """List what differs between two contents of a district file: key, value before, value after."""
    found: list[dict[str, Any]] = []
    pairs = [(name, getattr(was, name), getattr(becomes, name)) for name in REPLACEABLE]
    while pairs:
        key, before, after = pairs.pop(0)
        if before == after:
            continue
        if isinstance(before, BaseModel) and type(before) is type(after):
            names = type(before).model_fields
            pairs[:0] = [(f"{key}.{name}", getattr(before, name), getattr(after, name)) for name in names]
        elif isinstance(before, Mapping) and isinstance(after, Mapping):
            names_ = sorted({*before, *after})
            pairs[:0] = [(f"{key}.{name}", before.get(name), after.get(name)) for name in names_]
        elif isinstance(before, tuple) and isinstance(after, tuple):  # of long lists the rows that differ
            left = [row for row in before if row not in after]
            joined = [row for row in after if row not in before]
            found.append({"key": key, "was": _plain(left), "becomes": _plain(joined)})
        else:
            found.append({"key": key, "was": _plain(before), "becomes": _plain(after)})
    return found


def _plain(value: object) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
