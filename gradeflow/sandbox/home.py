"""What a home holds of practice systems, so that a stopped sandbox comes back as it was.

`<home>/sandbox/<district>/` holds one `<kind>.sqlite` per served system, one folder `<kind>/` per system that
works by files, `clock.txt`, and `servers.json` with ports and credentials. Starting what is found is `server`.
"""

from __future__ import annotations

import atexit
import datetime as dt
import json
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gradeflow.errors import ConfigError
from gradeflow.sandbox.clock import Clock
from gradeflow.sandbox.oulad import districts
from gradeflow.sandbox.practice import ServerSpec
from gradeflow.sandbox.registry import practice_of
from gradeflow.sandbox.school import School, night
from gradeflow.sandbox.server import fill, free_ports
from gradeflow.sandbox.small_school import small_school

SERVERS = "servers.json"


@dataclass(frozen=True, slots=True)
class PreparedDistrict:
    """A practice district that is filled and can be started.

    Attributes:
        lms: kind of its LMS.
        sis: kind of its SIS.
        servers: what `server.serve` or `server.running` starts.
    """

    slug: str
    lms: str
    sis: str
    school: School
    servers: tuple[ServerSpec, ...]

    def server(self, kind: str) -> ServerSpec:
        """Give its server of a kind."""
        return next(spec for spec in self.servers if spec.kind == kind)


def prepare(home: Path, folder: Path) -> list[PreparedDistrict]:
    """Fill a new home with every district that a folder of grades gives; clocks stand at night 1.

    Raises:
        ConfigError: the folder is no such folder, or the home holds one of the districts already.
    """
    return [_prepared(home, slug, route.lms, route.sis, school) for slug, route, school in districts(folder)]


def _prepared(home: Path, slug: str, lms: str, sis: str, school: School) -> PreparedDistrict:
    place = _place(home, slug)
    if (place / SERVERS).exists():
        raise ConfigError(f"{place} holds a practice district already; remove it or take another home")
    specs = new_specs((lms, sis), school, place, night(school, 1))
    return PreparedDistrict(slug, lms, sis, school, tuple(specs))


def specs_of(home: Path) -> list[ServerSpec]:
    """Give what a home holds, ready to be started again; empty where it holds nothing."""
    found = sorted((home / "sandbox").glob(f"*/{SERVERS}"))
    return [spec for path in found for spec in _read(path.parent)]


def specs_for(
    kinds: Sequence[str],
    folder: Path | None = None,
    home: Path | None = None,
    *,
    now: dt.datetime | None = None,
) -> list[ServerSpec]:
    """Give the servers that `gradeflow sandbox KIND...` starts.

    What the home holds already comes back as it was. Kinds that it does not hold are made anew, all from one
    School: the first district of `folder`, or the small school. Without a home, state lives in a temporary
    folder and goes with the process. A new clock shows `now`; by default night 1 of the grades, and real time
    for the small school.

    Raises:
        ConfigError: an unknown kind, or a folder without grades.
    """
    for kind in kinds:
        practice_of(kind)
    base = home or _temporary()
    held = [spec for spec in specs_of(base) if not kinds or spec.kind in kinds]
    wanted = [kind for kind in dict.fromkeys(kinds) if kind not in {spec.kind for spec in held}]
    if not wanted:
        return held
    if folder is None:
        school, start = small_school(), now or dt.datetime.now(dt.UTC).replace(microsecond=0)
    else:
        school = districts(folder)[0][2]
        start = now or night(school, 1)
    return [*held, *new_specs(wanted, school, _place(base, school.slug), start)]


def new_specs(kinds: Sequence[str], school: School, place: Path, start: dt.datetime) -> list[ServerSpec]:
    """Make systems of one School in a folder: ports, credentials, a clock that shows `start`, filled state."""
    Clock(place / "clock.txt", start=start)
    made = [
        _new_spec(kind, port, school, place) for kind, port in zip(kinds, free_ports(len(kinds)), strict=True)
    ]
    for spec in made:
        fill(spec, school)
    # Written last: a home whose preparation was interrupted holds nothing
    _write(place, [*_read(place), *made])
    return made


def _new_spec(kind: str, port: int, school: School, place: Path) -> ServerSpec:
    practice = practice_of(kind)
    return ServerSpec(
        kind=kind,
        district=school.slug,
        folder=place,
        port=port if practice.needs_port else 0,
        teacher_email=school.teachers[0].email,
        secrets={name: _made_up(name, school.slug) for name in practice.secrets},
    )


def _made_up(name: str, slug: str) -> str:
    return f"gradeflow-{slug}" if name == "client_id" else secrets.token_urlsafe(24)


_KEPT = ("kind", "district", "port", "teacher_email", "secrets")


def _read(place: Path) -> list[ServerSpec]:
    path = place / SERVERS
    if not path.exists():
        return []
    rows = json.loads(path.read_text(encoding="utf-8"))["servers"]
    return [ServerSpec(folder=place, **row) for row in rows]


def _write(place: Path, specs: Sequence[ServerSpec]) -> None:
    rows = [{name: getattr(spec, name) for name in _KEPT} for spec in specs]
    path = place / SERVERS
    partial = path.with_suffix(".tmp")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps({"servers": rows}, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)


def _place(home: Path, slug: str) -> Path:
    return home.resolve() / "sandbox" / slug


def _temporary() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="gradeflow-sandbox-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
