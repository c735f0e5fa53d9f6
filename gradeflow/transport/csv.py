"""CSV files whose columns are fixed: read whole as text, and where something is wrong, every line of it.

Reading is Arrow's, which is fast; lines are counted with Python's reader, and only once something is known
to be wrong. Lines count as an editor shows them, also after quoted line breaks.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from gradeflow.errors import Place

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One wrong place, with what is allowed there; never the value that was found."""

    file: str
    line: int
    column: str
    allowed: str

    def __str__(self) -> str:
        place = Place(Path(self.file), line=self.line or None, column=self.column or None)
        return f"{place}: {self.allowed}"


@dataclass(frozen=True, slots=True)
class Text:
    """One file's content, with the rows it could be cut into.

    Attributes:
        rows: all columns as text, empty text where the file has nothing; None where it could not be cut.
        faults: why it could not.
    """

    file: str
    content: bytes
    rows: pd.DataFrame | None
    faults: tuple[Fault, ...] = ()

    def lines(self, positions: Sequence[int]) -> dict[int, int]:
        """Give the line on which each of these rows starts."""
        wanted, found = set(positions), {}
        for position, (line, _) in enumerate(_records(self.content)):
            if position - 1 in wanted:
                found[position - 1] = line
                if len(found) == len(wanted):
                    break
        return found


def read_text(file: str, content: bytes, columns: Sequence[str], optional: Sequence[str] = ()) -> Text:
    """Cut a CSV file (RFC 4180, UTF-8, BOM allowed) that has exactly these columns in any order.

    Args:
        file: its name, for the faults.
        content: its bytes.
        columns: the columns, in the order in which they are handed on.
        optional: more of them, which a file may do without; each cell is empty then.
    """
    content = content.removeprefix(BOM)
    header, faults = _header(file, content, columns, optional)
    if not faults:
        try:
            rows = _cut(content, header)
            missing = {name: pd.Series("", index=rows.index, dtype="str") for name in {*optional} - {*header}}
            return Text(file, content, rows.assign(**missing)[[*columns, *optional]])
        except pa.ArrowInvalid:
            faults = _row_faults(file, content, len(header))
    return Text(file, content, None, tuple(faults))


def _cut(content: bytes, columns: Sequence[str]) -> pd.DataFrame:
    table = arrow_csv.read_csv(
        io.BytesIO(content),
        # One thread, so that rows keep their order whatever the block size.
        read_options=arrow_csv.ReadOptions(use_threads=False),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
        ),
    )
    frame: pd.DataFrame = table.to_pandas()
    return frame[list(columns)]


def _header(
    file: str, content: bytes, columns: Sequence[str], optional: Sequence[str]
) -> tuple[list[str], list[Fault]]:
    header: list[str] = []
    try:
        _, header = next(_records(content), (1, header))
    except UnicodeDecodeError:
        return header, _row_faults(file, content, len(columns))
    here = [name for name in optional if name in header]
    if sorted(header) == sorted([*columns, *here]):
        return header, []
    allowed = f"the header is exactly {','.join(columns)}"
    return header, [Fault(file, 1, "", allowed + (f", and maybe {','.join(optional)}" if optional else ""))]


def _row_faults(file: str, content: bytes, width: int) -> list[Fault]:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return [Fault(file, line, "", "text is UTF-8")]
    faults = []
    line = 0
    try:
        for line, row in _records(content):
            if len(row) != width:
                faults.append(Fault(file, line, "", f"a row has {width} columns; quote values with a comma"))
    except csv.Error:
        faults.append(Fault(file, line + 1, "", "a quoted value ends with a quote before the next comma"))
    return faults or [Fault(file, 0, "", "CSV as of RFC 4180")]


def _records(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Give each record, the header included, with the line it starts on."""
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline=""), strict=True)
    line = 1
    for row in reader:
        yield line, row
        line = reader.line_num + 1
