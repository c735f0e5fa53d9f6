"""Who holds a lease, in words, and whether that process is provably gone.

    run 4f2a on gradebook-1 pid 812 started 90311 in 6f0c2d1e/4026531836

`started` tells a process from a later one with the same pid; `in` names the boot of the machine and the
process namespace, since two containers may share a host name but not their pids.
"""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

_PROC = Path("/proc")
_HOLDER = re.compile(r"run \S+ on \S+ pid (?P<pid>\d+) started (?P<started>\d+) in (?P<world>\S+)")


def describe_holder(run_id: str) -> str:
    """Name this process as the holder of a run's lease."""
    pid = os.getpid()
    started = _started(pid) or 0
    return f"run {run_id} on {socket.gethostname()} pid {pid} started {started} in {_world()}"


def is_provably_dead(holder: str) -> bool:
    """Tell whether the process ran where we run and is no more; False where that cannot be known."""
    match = _HOLDER.fullmatch(holder)
    if match is None or match["world"] != _world() or match["world"] == "unknown":
        return False
    return _started(int(match["pid"])) != int(match["started"])


def _started(pid: int) -> int | None:
    """Give the clock ticks between boot and the start of a process; None where it does not run."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name of the program may contain anything, also ") "; the fields after its end do not.
    state, *fields = stat.rpartition(") ")[2].split()
    return None if state in {"Z", "X"} else int(fields[18])


def _world() -> str:
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        space = (_PROC / "self/ns/pid").readlink().name
    except OSError:
        return "unknown"  # no Linux: leases of dead processes are waited for
    return f"{boot[:8]}/{''.join(filter(str.isdigit, space))}"
