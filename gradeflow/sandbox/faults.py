"""The faults that can be switched on from outside: what they are called and which keys they take.

A fault is armed for some calls (`method`, `path`), lets the first `after` of them through, then acts `times`
times (null: until cleared). Where several are armed for one call all act, but only the first of those that
decide the answer; the next of these waits for the next call. How each acts is `traffic`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, Literal

# Before: the handler never runs. Around: it runs, what it stores or answers is changed. Inside: it obeys.
Stage = Literal["before", "around", "inside"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault: what it does, when, and its own keys with their defaults."""

    meaning: str
    stage: Stage
    decides: bool = True
    keys: Mapping[str, Any] = field(default_factory=dict)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "status": Kind(
            "answers with this status, headers and body and does nothing",
            "before",
            keys={"code": 500, "headers": {}, "body": None},
        ),
        "html": Kind("answers with a web page, as a proxy does", "before", keys={"code": 200}),
        "rate_limit_403": Kind("answers 403 as Canvas throttles", "before"),
        "reset": Kind("closes the connection, stores nothing", "before"),
        "expire_tokens": Kind("all tokens given out so far are invalid", "before", decides=False),
        "latency": Kind("waits before it does anything", "before", decides=False, keys={"seconds": 0.1}),
        "hold": Kind(
            "keeps the call open until faults are cleared",
            "around",
            decides=False,
            keys={"point": "before_commit"},
        ),
        "round": Kind("stores scores rounded", "around", decides=False, keys={"digits": 0}),
        "cut_title": Kind("stores titles cut", "around", decides=False, keys={"length": 30}),
        "lose_answer": Kind("stores, then closes the connection without an answer", "around"),
        "store_nothing": Kind("answers 200 as if it had stored", "around"),
        "no_echo": Kind("leaves the body of a success empty", "around", decides=False),
        "bad_json": Kind("breaks the JSON of the answer off", "around"),
        "batch_409": Kind("refuses a batch as a whole with 409, naming one row", "inside"),
        "deleted_500": Kind("answers 500 to a write to what was deleted in the system", "inside"),
        "one_pair": Kind(
            "tells one pair of ids of a batch, as an object and not a list", "inside", decides=False
        ),
        "vendor_key_withdrawn": Kind("gradebook calls answer 401 as without the vendor's key", "inside"),
        "no_sis_rights": Kind("Canvas leaves the SIS keys out", "inside", decides=False),
        "not_enabled": Kind("Canvas's SIS routes answer that no SIS integration is on", "inside"),
    }
)

SHARED_KEYS: Mapping[str, Any] = MappingProxyType({"method": "*", "path": "*", "times": 1, "after": 0})
POINTS = ("before_commit", "after_commit")


class FaultError(Exception):
    """A fault as asked for does not exist; the message names what is allowed."""


@dataclass(slots=True)
class Fault:
    """One armed fault and how far it has come."""

    do: str
    kind: Kind
    method: str
    path: str
    times: int | None
    after: int
    options: dict[str, Any]
    seen: int = 0
    fired: int = 0

    def matches(self, method: str, path: str) -> bool:
        """Tell whether a call is one of those that this fault is armed for; `*` in `path` spans slashes."""
        return fnmatchcase(method, self.method) and fnmatchcase(path, self.path)

    @property
    def is_spent(self) -> bool:
        """Whether it has acted as often as it was asked to."""
        return self.times is not None and self.fired >= self.times

    def told(self) -> dict[str, Any]:
        """Give what `GET /_sandbox/fault` says of it."""
        asked = {"do": self.do, "method": self.method, "path": self.path}
        return {**asked, "times": self.times, "after": self.after, **self.options, "fired": self.fired}


def parse_fault(asked: object) -> Fault:
    """Read one fault from the control route's JSON.

    Raises:
        FaultError: an unknown kind or key, or a value of the wrong type.

    >>> parse_fault({"do": "round", "path": "/results/*", "digits": 1}).told()["digits"]
    1
    """
    if not isinstance(asked, Mapping) or asked.get("do") not in KINDS:
        msg = f"a fault is an object whose `do` is one of {', '.join(KINDS)}"
        raise FaultError(msg)
    kind = KINDS[asked["do"]]
    allowed = {**SHARED_KEYS, **kind.keys}
    unknown = sorted(set(asked) - set(allowed) - {"do"})
    if unknown:
        msg = f"fault {asked['do']} knows no {', '.join(unknown)}; allowed: {', '.join(allowed)}"
        raise FaultError(msg)
    values = {**allowed, **{key: value for key, value in asked.items() if key != "do"}}
    _check(asked["do"], values)
    return Fault(
        do=asked["do"],
        kind=kind,
        method=values["method"],
        path=values["path"],
        times=values["times"],
        after=values["after"],
        options={key: values[key] for key in kind.keys},
    )


def _check(do: str, values: Mapping[str, Any]) -> None:
    wholes = {"times": values["times"], "after": values["after"]}
    wholes |= {key: values[key] for key in ("code", "digits", "length") if key in values}
    for key, value in wholes.items():
        is_open = key == "times" and value is None
        if not is_open and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            msg = f"fault {do}: {key} is a whole number, 0 or more{', or null' if key == 'times' else ''}"
            raise FaultError(msg)
    if values.get("point", POINTS[0]) not in POINTS:
        msg = f"fault {do}: point is one of {', '.join(POINTS)}"
        raise FaultError(msg)
    if not all(isinstance(values[key], str) for key in ("method", "path")):
        msg = f"fault {do}: method and path are texts, `*` standing for anything"
        raise FaultError(msg)
    if not isinstance(values.get("headers", {}), dict) or not isinstance(
        values.get("seconds", 0), int | float
    ):
        msg = f"fault {do}: headers is an object, seconds a number"
        raise FaultError(msg)
