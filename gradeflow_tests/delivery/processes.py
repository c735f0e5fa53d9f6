"""Processes that a test may kill: each forked from one that has everything imported, in a tenth of the time."""

from __future__ import annotations

import multiprocessing

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["gradeflow_tests.delivery.vendor_homes", "gradeflow_tests.delivery.test_kill_allocated"]
)
