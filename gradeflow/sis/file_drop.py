"""A drop folder in place of an SIS interface: its registration.

What is written and read is `file_drop_sink`, the keys of the district file are `file_drop_settings`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from pydantic import BaseModel

from gradeflow.ports import Connector, ConnectorContext, GradeSink
from gradeflow.sis.file_drop_settings import FileDropSettings
from gradeflow.sis.file_drop_sink import FileDropSink

EXAMPLE = """\
  folder: /srv/gradeflow/{name}/drop       # where gradeflow writes; people import or type from packs/
  roster: /srv/gradeflow/{name}/roster     # OneRoster 1.1 CSV: classes, users, enrollments, categories, ...
  # student_number: identifier          # the column of users.csv by which the SIS imports scores
"""


def _open(settings: BaseModel, context: ConnectorContext) -> AbstractAsyncContextManager[GradeSink]:
    if not isinstance(settings, FileDropSettings):
        msg = "file_drop is opened with FileDropSettings"
        raise TypeError(msg)
    return _opened(settings, context)


@asynccontextmanager
async def _opened(settings: FileDropSettings, context: ConnectorContext) -> AsyncIterator[GradeSink]:
    sink = FileDropSink(settings, settings.system_id or f"file_drop:{context.district}", context)
    try:
        yield sink
    finally:
        # Also what a run wrote that was killed before its pack, or found no room for it, goes into one: the next
        # run may have nothing to write, and would take all of it for entered.
        if sink.is_used:
            await asyncio.to_thread(sink.pack)


CONNECTOR: Connector[GradeSink] = Connector(
    kind="file_drop",
    label="File drop",
    settings=FileDropSettings,
    open=_open,
    evidence="assumed",
    limits=(
        "What was dropped counts as entered: gradeflow knows nothing of the SIS but what somebody exports into"
        " observed/.",
        "An edit that makes of a score just what the SIS's rounding would make of it cannot be told from that.",
        "The roster is as old as its files.",
        "Somebody has to import or type every pack.",
    ),
    needs=(
        "A roster export of the SIS in the OneRoster 1.1 CSV format, as often as people change.",
        "Two folders under the district's control that only those may read who may see grades.",
    ),
    example=EXAMPLE,
)
