"""The values of `gradeflow.model.ledger`, which the core shares; import them from there."""

from gradeflow.model.ledger import (
    Action,
    AuditFault,
    Extract,
    Intent,
    Lease,
    LineItemIntent,
    OpenIntent,
    Outcome,
    Plan,
    Receipt,
    ResultIntent,
    ResultValue,
    Run,
    RunStatus,
)

__all__ = [
    "Action",
    "AuditFault",
    "Extract",
    "Intent",
    "Lease",
    "LineItemIntent",
    "OpenIntent",
    "Outcome",
    "Plan",
    "Receipt",
    "ResultIntent",
    "ResultValue",
    "Run",
    "RunStatus",
]
