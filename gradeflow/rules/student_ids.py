"""Students whose id has leading zeros on one side only: Skyward's Name ID is a number, and an LMS may pad it or not.

Only where a district file of such an SIS asks for it; ids stay text, and the SIS's form is the one that counts. Two
students are never taken for one: where the zeros are all that tells ids apart, nobody is matched.

Source: Canvas's FAQ on Skyward (community.canvaslms.com DOC-3850: the user's SIS id is the Name ID without leading
zeros), read 2026-11.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from gradeflow.errors import ConfigError
from gradeflow.model.district import District
from gradeflow.model.gradebook import GradebookExtract, SisReference

SETTING = "sis.ignore_leading_zeros"
RESULT_ID = ["lms_assignment_id", "section_id_sis", "student_id_sis"]


def with_ids_of_the_sis(
    extract: GradebookExtract, reference: SisReference, district: District
) -> GradebookExtract:
    """Give an LMS's results the student ids that the SIS has, where the district ignores leading zeros.

    An id that the SIS does not know in any form stays as it is.

    Raises:
        ConfigError: two students of the SIS, or two rows of one score in the LMS, differ by nothing but such zeros.
    """
    if not district.sis.ignores_leading_zeros:
        return extract
    known = pd.Series(reference.students["student_id_sis"].unique(), dtype="str")
    bare = known.map(without_zeros)
    if bare.duplicated().any():
        raise _collides("students in the SIS")
    in_sis = dict(zip(bare, known, strict=True))
    ids = extract.results["student_id_sis"]
    meant = {one: in_sis.get(without_zeros(one), one) for one in ids.unique()}
    results = extract.results.assign(student_id_sis=ids.map(meant).astype(ids.dtype))
    if len(set(meant.values())) < len(meant) and results.duplicated(RESULT_ID).any():
        raise _collides("scores of one assignment in the LMS")
    return replace(extract, results=results)


def without_zeros(student: str) -> str:
    """Write a number without its leading zeros; what is no number stays as it is.

    >>> without_zeros("00123"), without_zeros("000"), without_zeros("0A1"), without_zeros("s-001")
    ('123', '0', '0A1', 's-001')
    """
    return student.lstrip("0") or "0" if student.isascii() and student.isdigit() else student


def _collides(what: str) -> ConfigError:
    return ConfigError(
        f"{SETTING}: two {what} have ids that differ by leading zeros only, so that nobody can tell which is meant."
        f" Take it out, and give the LMS the ids as the SIS has them"
    )
