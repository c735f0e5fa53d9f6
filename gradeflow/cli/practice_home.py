"""A home of practice districts, as `gradeflow demo` makes it: filled sandboxes, district files, secrets."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from gradeflow.errors import ConfigError
from gradeflow.sandbox.home import PreparedDistrict, prepare
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
    home.districts_folder.mkdir(parents=True)
    (home.path / MARK).write_text("gradeflow demo may replace this home\n", encoding="utf-8")
    prepared = prepare(home.path, folder)
    for district in prepared:
        _write_district(home, district)
    start = min(district.school.start for district in prepared)
    end = max(district.school.end for district in prepared)
    after = (end.replace(day=1).toordinal() + 62, end)
    window = {"start": start, "end": _first_of_month(after[0]), "grain": "month"}
    text = yaml.safe_dump({"partitions": window}, sort_keys=False)
    home.settings_file.write_text(f"# The practice school years, by month.\n{text}", encoding="utf-8")
    return prepared


def _first_of_month(ordinal: int) -> object:
    import datetime as dt  # noqa: PLC0415 - a date helper beside its only use

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


def _write_district(home: Home, prepared: PreparedDistrict) -> None:
    school = prepared.school
    sis = prepared.server(prepared.sis)
    content: dict[str, object] = {
        "district": prepared.slug,
        "timezone": school.timezone,
        "lms": _lms(home, prepared),
        "sis": {
            "kind": prepared.sis,
            "base_url": sis.base_url,
            "token_url": sis.token_url,
            "client_id": _secret(home, prepared.slug, "client-id", str(sis.client_id)),
            "client_secret": _secret(home, prepared.slug, "client-secret", str(sis.client_secret)),
        },
        "passback": {
            "effective_date": school.start,
            "nightly": "03:30",
            "first_load": {"approved_by": VOUCHED, "on": school.start},
            "teachers": list(school.passback_teachers),
        },
        "calendar": {"closes": {period.id: period.closes for period in school.periods}},
        "sandbox": {"clock": sis.clock_url},
    }
    if prepared.sis.startswith("skyward"):
        facts = ("use_grade_setting_off", "categories_district_level", "categories_active")
        content["attested"] = [
            {"fact": f"skyward_{fact}", "by": VOUCHED, "on": school.start} for fact in facts
        ]
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    (home.districts_folder / f"{prepared.slug}.yaml").write_text(HEADER + text, encoding="utf-8")


def _lms(home: Home, prepared: PreparedDistrict) -> dict[str, object]:
    if prepared.otus_folder is not None:
        return {"kind": "otus", "folder": str(prepared.otus_folder)}
    server = prepared.server("canvas")
    token = _secret(home, prepared.slug, "canvas-token", str(server.token))
    return {"kind": "canvas", "base_url": server.base_url, "account": "1", "token": token}


def _secret(home: Home, slug: str, name: str, value: str) -> dict[str, str]:
    """Put a secret into a file of the home, readable by its owner alone, and give the reference."""
    path = home.path / "sandbox" / slug / f"{name}.secret"
    path.touch(mode=0o600)
    path.write_text(value + "\n", encoding="utf-8")
    return {"file": path.relative_to(home.path).as_posix()}
