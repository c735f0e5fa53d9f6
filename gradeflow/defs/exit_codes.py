"""What an error means to a shell, and how it may be written down; for those too who know no Dagster."""

from __future__ import annotations

from gradeflow.errors import ConfigError, GradeflowError, OutsideError, StoppedError

EXIT_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (ConfigError, 2),
    (StoppedError, 4),
    (OutsideError, 5),
)


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
