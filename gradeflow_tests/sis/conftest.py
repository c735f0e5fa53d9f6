"""Practice Aeries and PowerSchool sites over real HTTP, new for each test, and a line item that is there already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gradeflow.sandbox.file_drop import write_roster
from gradeflow.transport.waiting import Waiting
from gradeflow_tests.sis.dropped import Drop
from gradeflow_tests.sis.vendor_practice import (
    AERIES_CATEGORY,
    POWERSCHOOL_CATEGORY,
    Vendor,
    awkward_school,
    line_item,
    served,
    without_pauses,
)


def _renewed(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    vendor.renew()
    monkeypatch.setattr(Waiting, "retrying", without_pauses(vendor))
    return vendor


@pytest.fixture(scope="module")
def _aeries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendor]:
    with served("aeries_v5", tmp_path_factory.mktemp("aeries"), awkward_school()) as vendor:
        yield vendor


@pytest.fixture
def aeries(_aeries: Vendor, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    return _renewed(_aeries, monkeypatch)


@pytest.fixture
def unique(aeries: Vendor) -> str:
    """The UniqueID of an assignment."""
    return str(aeries.run(lambda system: system.put_line_item(line_item(AERIES_CATEGORY))).sis_id)


@pytest.fixture(scope="module")
def _powerschool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendor]:
    with served("powerschool_xte", tmp_path_factory.mktemp("powerschool"), awkward_school()) as vendor:
        yield vendor


@pytest.fixture
def xte(_powerschool: Vendor, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    return _renewed(_powerschool, monkeypatch)


@pytest.fixture
def item(xte: Vendor) -> str:
    """The id of an assignment."""
    return str(xte.run(lambda system: system.put_line_item(line_item(POWERSCHOOL_CATEGORY))).sis_id)


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    write_roster(tmp_path / "roster", awkward_school())
    return Drop(tmp_path)
