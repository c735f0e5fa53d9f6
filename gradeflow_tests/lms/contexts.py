"""What a connector is told of the run around it, in tests that open one without a district file."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from gradeflow.model.district import SecretRef
from gradeflow.ports import ConnectorContext

AS_OF = dt.datetime(2026, 11, 16, 9, 30, tzinfo=dt.UTC)


def context(**secrets: str) -> ConnectorContext:
    """Give a context of a district in Chicago, whose secrets are variables of these names."""

    def read_secret(reference: SecretRef) -> str:
        assert reference.env is not None
        return secrets[reference.env]

    return ConnectorContext("lincoln", ZoneInfo("America/Chicago"), AS_OF, read_secret)
