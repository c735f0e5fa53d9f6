"""What assets are given: the home they work in, its warehouse, and the only clock below the shell."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from gradeflow.settings import Home
from gradeflow.warehouse.store import Warehouse


class GradeflowHome(dg.ConfigurableResource[Home]):
    """`$GRADEFLOW_HOME` and its warehouse, opened once per process."""

    path: str
    _warehouse: Warehouse | None = PrivateAttr(default=None)

    @property
    def home(self) -> Home:
        """The home's files."""
        return Home(Path(self.path), self.now().date())

    def warehouse(self) -> Warehouse:
        """Open the warehouse, or give the open one."""
        if self._warehouse is None:
            self._warehouse = Warehouse.open(self.home.warehouse_url())
        return self._warehouse

    def now(self) -> dt.datetime:
        """Read the clock. The shell reads it; below, time is handed in."""
        return dt.datetime.now(dt.UTC)
