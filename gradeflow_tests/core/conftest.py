from __future__ import annotations

import pytest

from gradeflow_tests.core.nights import District
from gradeflow_tests.core.two_items import a_district


@pytest.fixture
def settled() -> District:
    """A district whose first night is over."""
    district = a_district()
    district.night()
    return district
