"""A district with two line items and three scores."""

from __future__ import annotations

from gradeflow_tests.core.nights import District


def a_district(**settings: object) -> District:
    district = District(**settings)  # type: ignore[arg-type] # whatever a District takes
    district.add("1", {"s1": 50_000, "s2": 60_000})
    district.add("2", {"s1": 70_000})
    return district
