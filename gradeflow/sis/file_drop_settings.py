"""What a district file says of a drop folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from gradeflow.model.district import Strict


class FileDropSettings(Strict):
    """The keys below `sis:` beside `kind`.

    Attributes:
        folder: the drop; journal, packs and observed lie in it.
        roster: the OneRoster CSV files of sections, people and categories.
        student_number: the column of users.csv with the number by which the SIS imports a student.
        system_id: names the SIS for ever; absent: the district's name.
    """

    folder: Path
    roster: Path
    student_number: Annotated[str, Field(min_length=1)] = "identifier"
    system_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
