"""A district's practice clock: stands still until it is set, and is the same for its LMS and its SIS.

A standing clock makes a rehearsal repeatable: an assignment is past due because somebody moved the clock,
never because the test ran slowly.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path


class Clock:
    """The time of one district, kept in a file beside its servers' state."""

    def __init__(self, path: Path, *, start: dt.datetime | None = None) -> None:
        """Read the clock, or set it to `start` (real time by default) where it has never run."""
        self._path = path
        self._last_stamp = dt.datetime.min.replace(tzinfo=dt.UTC)
        if path.exists():
            self._now = dt.datetime.fromisoformat(path.read_text(encoding="utf-8").strip())
        else:
            self.set(start or dt.datetime.now(dt.UTC).replace(microsecond=0))

    def now(self) -> dt.datetime:
        """Give the aware instant that the clock shows."""
        return self._now

    def set(self, now: dt.datetime) -> None:
        """Move the clock, forwards or backwards.

        Raises:
            ValueError: `now` has no zone, so it is no instant.
        """
        if now.tzinfo is None:
            msg = "a clock needs an instant with an offset, such as 2026-11-02T03:30:00-05:00"
            raise ValueError(msg)
        self._now = now
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(now.isoformat() + "\n", encoding="utf-8")

    def stamp(self) -> dt.datetime:
        """Give an instant for a modification: the clock's, but later than every stamp before.

        While the clock stands still, "changed since my last read" must still be answerable.
        """
        millisecond = dt.timedelta(milliseconds=1)
        self._last_stamp = max(self._now.astimezone(dt.UTC), self._last_stamp + millisecond)
        return self._last_stamp

    def stamp_after(self, text: str | None) -> None:
        """Make every further stamp later than one given out before a restart."""
        if text is not None:
            self._last_stamp = max(self._last_stamp, dt.datetime.fromisoformat(text))


def utc_text(moment: dt.datetime) -> str:
    """Write an instant as OneRoster does: UTC, milliseconds, Z.

    >>> utc_text(dt.datetime(2026, 11, 2, 3, 30, tzinfo=dt.UTC))
    '2026-11-02T03:30:00.000Z'
    """
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
