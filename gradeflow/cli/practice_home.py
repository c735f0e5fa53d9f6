"""A home of practice districts, as `gradeflow demo` makes it: filled sandboxes, district files, secrets."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Mapping
from pathlib import Path

import yaml

from gradeflow.errors import ConfigError
from gradeflow.rules.profile import load_profile
from gradeflow.sandbox.home import PreparedDistrict, prepare
from gradeflow.sandbox.practice import Secret, ServerSpec
from gradeflow.sandbox.registry import practice_of
from gradeflow.sandbox.school import School
from gradeflow.settings import Home, read_yaml

MARK = "made-by-demo"
OWN = (
    *(
        "districts",
        "sandbox",
        "extracts",
        "dagster",
        "dagster.yaml",
        "workspace.yaml",
        "gradeflow.yaml",
        MARK,
    ),
    *("warehouse.sqlite", "warehouse.sqlite-wal", "warehouse.sqlite-shm"),
)
HEADER = """\
# A practice district, derived from real and anonymous grades by `gradeflow demo`.
# Its systems are practice servers on this machine; gradeflow ui and gradeflow sandbox --home start them.
"""
VOUCHED = "gradeflow demo"


def make_practice_home(home: Home, folder: Path) -> list[PreparedDistrict]:
    """Fill a home with every district of a folder of grades; one that a demo made before is replaced.

    Raises:
        ConfigError: the home holds a district that is not a demo's.
    """
    _clear(home)
    home.make_districts_folder()
    (home.path / MARK).write_text("gradeflow demo may replace this home\n", encoding="utf-8")
    prepared = prepare(home.path, folder)
    for district in prepared:
        servers = district.server(district.lms), district.server(district.sis)
        write_practice_district(home, district.school, *servers)
    start = min(district.school.start for district in prepared)
    end = max(district.school.end for district in prepared)
    after = (end.replace(day=1).toordinal() + 62, end)
    window = {"start": start, "end": _first_of_month(after[0]), "grain": "month"}
    text = yaml.safe_dump({"partitions": window}, sort_keys=False)
    home.settings_file.write_text(f"# The practice school years, by month.\n{text}", encoding="utf-8")
    return prepared


def _first_of_month(ordinal: int) -> object:
    return dt.date.fromordinal(ordinal).replace(day=1)


def _clear(home: Home) -> None:
    files = sorted(home.districts_folder.glob("*.y*ml"))
    real = [file.stem for file in files if not (home.path / MARK).exists() or not _is_practice(file)]
    if real:
        raise ConfigError(
            f"{home.path} holds districts that are no practice districts ({', '.join(real)}); the demo leaves them "
            "alone. Give it another home: gradeflow demo --home FOLDER"
        )
    for name in OWN:
        path = home.path / name
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()


def _is_practice(file: Path) -> bool:
    """Tell whether a file surely is a practice district's; one that cannot be read may be anybody's."""
    try:
        content, _ = read_yaml(file)
    except ConfigError:
        return False
    return isinstance(content, dict) and "sandbox" in content


def write_practice_district(home: Home, school: School, lms: ServerSpec, sis: ServerSpec) -> None:
    """Write the district file that joins two practice systems of one School, and their secrets beside it."""
    clock = next((spec.clock_url for spec in (sis, lms) if practice_of(spec.kind).serve), None)
    content: dict[str, object] = {
        "district": school.slug,
        "timezone": school.timezone,
        "lms": _side(home, school.slug, lms),
        "sis": _side(home, school.slug, sis),
        "passback": {
            "effective_date": school.start,
            "nightly": "03:30",
            "first_load": {"approved_by": VOUCHED, "on": school.start},
            "teachers": list(school.passback_teachers),
        },
        "calendar": {"closes": {period.id: period.closes for period in school.periods}},
    }
    if clock is not None:
        content["sandbox"] = {"clock": clock}
    kinds = practice_of(lms.kind).district_kind, practice_of(sis.kind).district_kind
    facts = load_profile(kinds[0], kinds[1], {}).values.attestations
    if facts:
        content["attested"] = [{"fact": fact, "by": VOUCHED, "on": school.start} for fact in facts]
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    home.make_districts_folder()
    (home.districts_folder / f"{school.slug}.yaml").write_text(HEADER + text, encoding="utf-8")


def _side(home: Home, slug: str, spec: ServerSpec) -> dict[str, object]:
    """Give the lines of one system; its secrets go into files."""

    def shown(value: object) -> object:
        if isinstance(value, Secret):
            return _secret(home, slug, f"{spec.kind}-{value.name}", spec.secrets[value.name])
        if isinstance(value, Mapping):
            return {key: shown(inner) for key, inner in value.items()}
        return str(value) if isinstance(value, Path) else value

    practice = practice_of(spec.kind)
    settings = practice.settings(spec)
    return {"kind": practice.district_kind, **{key: shown(value) for key, value in settings.items()}}


def _secret(home: Home, slug: str, name: str, value: str) -> dict[str, str]:
    """Put a secret into a file of the home, readable by its owner alone, and give the reference."""
    path = home.path / "sandbox" / slug / f"{name}.secret"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(value + "\n", encoding="utf-8")
    return {"file": path.relative_to(home.path).as_posix()}
