"""No connector without a practice system, no practice system without a connector, no exemption unawares."""

from __future__ import annotations

import pytest

from gradeflow.lms import registry as lms_registry
from gradeflow.sandbox.registry import practices
from gradeflow.sis import registry as sis_registry
from gradeflow_tests.contracts.conftest import LMS_KINDS
from gradeflow_tests.contracts.manners import MANNERS

REGISTRIES = {"lms": lms_registry, "sis": sis_registry}


@pytest.mark.parametrize("side", REGISTRIES)
def test_every_connector_has_a_practice_system_and_every_practice_system_a_connector(side: str) -> None:
    served = {one.district_kind for one in practices().values() if one.side == side}
    assert served == set(REGISTRIES[side].connectors())


def test_a_practice_system_of_another_name_says_whose_it_is() -> None:
    second = {one.kind: one.connector for one in practices().values() if one.connector is not None}
    assert second == {"otus_sftp": "otus"}
    assert set(second) < set(LMS_KINDS)


@pytest.mark.parametrize("side", REGISTRIES)
def test_every_connector_says_how_well_it_is_known_and_what_a_district_must_know(side: str) -> None:
    for kind, connector in REGISTRIES[side].connectors().items():
        assert connector.kind == kind
        assert connector.label
        assert connector.limits, f"{kind} has no limits"
        assert connector.example, f"{kind} has no example"


def test_what_is_not_asked_of_a_kind_is_known() -> None:
    assert set(MANNERS) == set(sis_registry.connectors())
    exempt = {kind: set(one.cannot) for kind, one in MANNERS.items() if one.cannot}
    assert exempt == {
        "aeries_v5": {"tokens"},  # a certificate does not expire
        "powerschool_xte": {"repeat"},  # keeps none of our ids: a create sent twice makes two
        "file_drop": {"http", "parent"},  # a folder; what people deleted is known by their next export only
    }


def test_what_a_kind_does_otherwise_is_known() -> None:
    found = {
        name: {kind for kind, one in MANNERS.items() if getattr(one, name) is value}
        for name, value in (
            ("allocates_ids", True),
            ("keeps_ours", True),
            ("writes_exempt", False),
            ("tells_assigned", False),
            ("echoes_scores", False),
        )
    }
    assert found == {
        "allocates_ids": {"aeries_v5", "powerschool_xte"},
        "keeps_ours": {"aeries_v5"},
        "writes_exempt": {"aeries_v5"},
        "tells_assigned": {"powerschool_xte"},
        "echoes_scores": {"powerschool_xte"},
    }
