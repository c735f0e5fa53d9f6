"""Homes written by hand, for tests that need no practice server."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import yaml

from gradeflow.settings import Home

START = dt.date(2026, 7, 1)


def write_home(path: Path, *names: str, grain: str = "week", start: dt.date = START, **more: Any) -> Home:
    """Write a home with districts that look all right and reach nothing."""
    (path / "districts").mkdir(parents=True)
    settings = {"partitions": {"start": start, "grain": grain, **more}}
    (path / "gradeflow.yaml").write_text(yaml.safe_dump(settings))
    home = Home(path)
    for name in names:
        write_district(home, name)
    return home


def write_district(home: Home, name: str, **changed: Any) -> Path:
    """Write a district of Canvas and SchoolTool; `changed` replaces top-level keys or keys of `passback`."""
    passback: dict[str, Any] = {"nightly": "03:30", "teachers": ["t-1"]}
    content: dict[str, Any] = {
        "district": name,
        "timezone": "America/Chicago",
        "lms": {
            "kind": "canvas",
            "base_url": "https://canvas.invalid",
            "account": "1",
            "token": {"env": "NOT_SET_ANYWHERE"},
        },
        "sis": {
            "kind": "schooltool",
            "base_url": "https://sis.invalid/ims/oneroster/v1p1",
            "token_url": "https://sis.invalid/token",
            "client_id": {"env": "NOT_SET_ANYWHERE"},
            "client_secret": {"env": "NOT_SET_ANYWHERE"},
        },
    }
    for key, value in changed.items():
        (content if key in {"timezone", "lms", "sis", "overrides"} else passback)[key] = value
    file = home.districts_folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump(content | {"passback": passback}))
    return file
