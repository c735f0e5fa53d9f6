"""The ports of gradeflow, as Protocols: what an LMS connector gives, an SIS connector takes, the warehouse remembers.

A connector needs no more than this package, and imports every name from here.

- `gradebooks`: `GradebookSource`, an LMS; `GradeSink` and `BulkGradeSink`, an SIS; what both count and check
- `connecting`: `Connector`, how one is registered and found; `ConnectorContext`, what it knows of the run
- `stores`: `DeliveryStore` and `SnapshotStore`, the warehouse of one district

No policy here: a connector never decides whether a score passes.
"""

from gradeflow.ports.connecting import Connector, ConnectorContext, Evidence, connectors_in, no_previous
from gradeflow.ports.gradebooks import BulkGradeSink, Calls, CheckResult, GradebookSource, GradeSink
from gradeflow.ports.stores import DeliveryStore, SnapshotStore

__all__ = [
    "BulkGradeSink",
    "Calls",
    "CheckResult",
    "Connector",
    "ConnectorContext",
    "DeliveryStore",
    "Evidence",
    "GradeSink",
    "GradebookSource",
    "SnapshotStore",
    "connectors_in",
    "no_previous",
]
