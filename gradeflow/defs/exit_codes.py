"""What an error means to a shell, and how it may be written down; for those too who know no Dagster."""

from __future__ import annotations

from pathlib import Path
from traceback import walk_tb

from gradeflow.errors import ConfigError, GradeflowError, OutsideError, StoppedError

PACKAGE = Path(__file__).parents[1]
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
    place = _innermost_of_ours(error)
    return f"unexpected {type(error).__name__} in {place}; its text is left out, as it may hold student data"


def _innermost_of_ours(error: BaseException) -> str:
    """Name the line of this package that it came through last: where a library gave up says little of why."""
    places = [(Path(frame.f_code.co_filename), line) for frame, line in walk_tb(error.__traceback__)]
    ours = [(file.relative_to(PACKAGE.parent), line) for file, line in places if PACKAGE in file.parents]
    file, line = (ours or places)[-1] if places else (Path("nowhere"), 0)
    return f"{file}:{line}"
