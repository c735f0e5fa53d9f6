"""Every exception that gradeflow raises, named by what to do next.

    GradeflowError
    ├── ConfigError              fix the file or the environment; nothing was started      exit 2
    ├── StoppedError             a guard stopped the run before it wrote                   exit 4
    │   └── LeaseHeldError       another run of this district is at work: wait for it
    └── OutsideError             another system failed                                     exit 5
        ├── SourceDataError      the LMS's data cannot be read as a whole: correct it there
        ├── CredentialError      renew or widen the rights of the credentials
        ├── PermanentError       this request will never pass as it is
        ├── RetriableError       the same request may pass later
        └── AmbiguousDeliveryError  sent, outcome unknown: read back before anything is sent again

Bad *grades* are findings, never exceptions (`gradeflow.rules`). No message here carries a name, a score,
a token or a URL's query.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class GradeflowError(Exception):
    """Root of the tree; never raised itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something is wrong. `line` and `column` count from 1."""

    path: Path
    line: int | None = None
    column: str | None = None
    key: str | None = None

    def __str__(self) -> str:
        text = str(self.path)
        if self.line is not None:
            text += f", line {self.line}"
        if self.column is not None:
            text += f", column {self.column}"
        if self.key is not None:
            text += f", key {self.key}"
        return text


class ConfigError(GradeflowError):
    """A file, an option or an environment variable is wrong.

    The message starts with the place and ends with what is allowed.
    """

    def __init__(self, message: str, *, place: Place | None = None, allowed: str | None = None) -> None:
        self.problem = message
        self.place = place
        self.allowed = allowed
        text = f"{place}: {message}" if place else message
        super().__init__(f"{text} (allowed: {allowed})" if allowed else text)


class StoppedError(GradeflowError):
    """A guard stopped the run before anything was written."""


class LeaseHeldError(StoppedError):
    """Another run of the same district holds its lease."""

    def __init__(self, district: str, holder: str) -> None:
        self.district = district
        self.holder = holder
        super().__init__(
            f"District {district} is being written by {holder.partition(' started ')[0]}. "
            "Wait until it ends, then start again."
        )


class OutsideError(GradeflowError):
    """Another system did not do what was asked of it.

    Attributes:
        system: whose fault it is, as an operator says it: "Canvas", "SchoolTool", "Otus".
        code: the reason code, as in the rule catalogue.
        status: the HTTP status, where there was one.
        retry_after_seconds: how long the other side asked us to wait, where it did.
    """

    def __init__(
        self,
        message: str,
        *,
        system: str,
        code: str,
        status: int | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        self.system = system
        self.code = code
        self.status = status
        self.retry_after_seconds = retry_after_seconds
        super().__init__(f"{system}: {message} [{code}]")


class SourceDataError(OutsideError):
    """What the LMS gave cannot be read as a whole, so none of it is used."""


class CredentialError(OutsideError):
    """The other side refuses our credentials or their rights; every further call would fail alike."""


class PermanentError(OutsideError):
    """This request is refused for good; only a change of its content or of the other side helps."""


class RetriableError(OutsideError):
    """The request certainly had no effect, and may pass later."""


class AmbiguousDeliveryError(OutsideError):
    """A write was sent and no answer came: it may or may not have been stored."""
