"""A drop is read as one thing, although its files are replaced one by one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from gradeflow.errors import RetriableError, SourceDataError
from gradeflow.ports import Calls
from gradeflow.transport.drop import Drop, DropReader

COLUMNS = {"items": ("id",), "scores": ("id", "score")}


class ChangingShelf:
    """A shelf whose files change when one of them was read."""

    def __init__(
        self, after: str | None = None, change: Callable[[ChangingShelf], None] | None = None
    ) -> None:
        self.files: dict[str, bytes] = {}
        self.export("02:00", 1)
        self._after, self._change = after, change

    def export(self, hour: str, rows: int) -> None:
        self.files["items.csv"] = b"id\r\n" + b"1\r\n" * rows
        self.files["scores.csv"] = b"id,score\r\n" + b"1,8.5\r\n" * rows
        marker = {"exported_at": f"2026-10-06T{hour}:00Z", "items": rows, "scores": rows}
        self.files["complete.json"] = json.dumps(marker).encode()

    def shown(self, name: str) -> str:
        return f"shelf/{name}"

    async def read(self, name: str) -> bytes:
        if name not in self.files:
            raise FileNotFoundError
        content = self.files[name]
        if name == self._after and self._change:
            self._change(self)
        return content


def read(shelf: ChangingShelf) -> Drop:
    reader = DropReader("Otus", shelf, COLUMNS, Calls())
    return asyncio.run(reader.read(lambda texts: []))


def test_a_drop_is_the_rows_of_its_files() -> None:
    drop = read(ChangingShelf())
    assert [drop.rows[name].to_dict("records") for name in COLUMNS] == [
        [{"id": "1"}],
        [{"id": "1", "score": "8.5"}],
    ]
    assert drop.told() == "exported 2026-10-06T02:00:00+00:00: 1 items, 1 scores"


@pytest.mark.parametrize("after", ["items.csv", "scores.csv"])
def test_a_drop_replaced_while_it_is_read_is_not_used(after: str) -> None:
    with pytest.raises(SourceDataError, match="changed during the reading") as caught:
        # The new drop has as many rows: only its time tells.
        read(ChangingShelf(after, lambda shelf: shelf.export("03:00", 1)))
    assert caught.value.code == "DROP_INCOMPLETE"


def test_a_marker_taken_away_while_the_files_are_read_means_unfinished() -> None:
    with pytest.raises(SourceDataError, match=r"complete\.json cannot be read"):
        read(ChangingShelf("items.csv", lambda shelf: shelf.files.pop("complete.json")))


def test_a_shelf_out_of_reach_is_not_an_unfinished_drop() -> None:
    class Away(ChangingShelf):
        async def read(self, name: str) -> bytes:
            raise RetriableError("the server is down", system="Otus", code="UNREACHABLE")

    with pytest.raises(RetriableError):
        read(Away())


def test_a_marker_of_another_systems_drop_is_not_understood() -> None:
    shelf = ChangingShelf()
    shelf.files["complete.json"] = b'{"exported_at": "2026-10-06T02:00:00Z", "assessments": 1, "scores": 1}'
    with pytest.raises(SourceDataError, match="the numbers items and scores"):
        read(shelf)
