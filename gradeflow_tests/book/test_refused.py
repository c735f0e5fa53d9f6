"""What stops a whole district at the SIS (R050): a case for itself, since no night comes to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradeflow.errors import CredentialError
from gradeflow_tests.book.words import passes, rule
from gradeflow_tests.book.world import Route, live

NO_LICENCE = {"do": "status", "method": "PUT", "code": 403, "times": None}
ROUTE = Route(
    "itslearning-skyward, without the licence",
    "itslearning_files",
    "skyward_qmlativ",
    (rule("R050", passes("one").sends("8.5"), passes("another").sends("8.5")),),
    faults=(NO_LICENCE,),
)


def test_a_missing_licence_stops_the_district_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(CredentialError, match="licence") as stopped:
        live(ROUTE, tmp_path)
    assert stopped.value.code == "LICENSE_MISSING"
