"""How our errors become Dagster's: said once, in operators' words, and never retried by the orchestrator.

Dagster has several retry mechanisms that do not know each other. Transport retries what may pass; whatever
comes up here is final for this run, so `allow_retries` is off and `dagster.yaml` retries only dead workers.
A message of ours carries no name, score or token; a foreign exception's text might, so it is named by type.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from gradeflow.errors import ConfigError, GradeflowError, OutsideError, StoppedError

EXIT_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (ConfigError, 2),
    (StoppedError, 4),
    (OutsideError, 5),
)
KIND = "gradeflow_error"


def exit_code_of(error: BaseException) -> int:
    """Give the exit code that an error means; 1 for what nobody expected."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)


def safe_message(error: BaseException) -> str:
    """Write an error so that it may stand in an event log: ours as they are, others by their type alone."""
    if isinstance(error, GradeflowError):
        return str(error)
    place = _innermost(error)
    return f"unexpected {type(error).__name__} in {place}; its text is left out, as it may hold student data"


def _innermost(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "nowhere" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"


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
