"""How our errors become Dagster's: said once, in operators' words, and never retried by the orchestrator.

Dagster has several retry mechanisms that do not know each other. Transport retries what may pass; whatever
comes up here is final for this run, so `allow_retries` is off and `dagster.yaml` retries only dead workers.
A message of ours carries no name, score or token; a foreign exception's text might, so it is named by type.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from gradeflow.defs.exit_codes import exit_code_of, safe_message

KIND = "gradeflow_error"


@contextmanager
def as_dagster_failures() -> Iterator[None]:
    """Turn whatever is raised inside into one Failure without retries and without a foreign text."""
    try:
        yield
    except dg.Failure:
        raise
    except Exception as error:  # noqa: BLE001 - the boundary: no foreign text may reach the event log
        failure = dg.Failure(
            description=safe_message(error),
            metadata={KIND: type(error).__name__, "exit_code": exit_code_of(error)},
            allow_retries=False,
        )
    else:
        return
    raise failure from None
