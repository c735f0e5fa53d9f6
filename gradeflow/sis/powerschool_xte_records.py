"""Assignments and scores of PowerTeacher Pro, both ways: bodies that are sent, records that come back.

One assignment has one record per section, the assignment section, and scores hang on that. An id here is
`<assignmentid>:<assignmentsectionid>`; that of a category is `<section id>:<teachercategoryid>`, because
categories belong to a teacher.

Source: PowerSchool API "XTE" as transcribed by others, and a district's published notes of what its test server
answered; read 2026-11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from gradeflow.errors import PermanentError
from gradeflow.model import frames
from gradeflow.model.gradebook import LineItemWrite, ResultWrite, StoredLineItem
from gradeflow.model.points import format_e4, json_number, parse_decimal, parse_e4, to_e4
from gradeflow.sis.id_templates import Ids
from gradeflow.sis.records import date_of, frame_of, invalid
from gradeflow.transport.records import Record, flag_of, is_blank, raw_of, text_of

LABEL = "PowerSchool"
FLAGS = ("islate", "iscollected", "ismissing", "isabsent", "isincomplete")
SCORE_COLUMNS = (
    *("assignmentscoreid", "assignmentsectionid", "studentsdcid", "scorepoints", "actualscoreentered"),
    *("actualscorekind", "isexempt", *FLAGS),
)


def line_item_id(assignment: int, section_record: int) -> str:
    """Name an assignment in one section.

    >>> line_item_id(20001, 70001)
    '20001:70001'
    """
    return f"{assignment}:{section_record}"


def parts_of(line_item_sis_id: str) -> tuple[int, int]:
    """Give assignmentid and assignmentsectionid.

    Raises:
        PermanentError: it is no id of ours.
    """
    match = re.fullmatch(r"(\d{1,15}):(\d{1,15})", line_item_sis_id)
    if match is None:
        raise PermanentError(
            "a line item has an id that PowerSchool did not give: was the SIS of this district changed?",
            system=LABEL,
            code="SIS_PARENT_GONE",
        )
    return int(match[1]), int(match[2])


def category_id(section_id_sis: str, category: int) -> str:
    """Name a teacher's category in one section."""
    return f"{section_id_sis}:{category}"


def new_assignment(
    write: LineItemWrite, section_dcid: int, category: int, publish: str | None
) -> dict[str, Any]:
    """Make the body of a create. Units: points as plain JSON numbers."""
    points = json_number(write.points_possible_e4)
    section: dict[str, Any] = {
        "sectionsdcid": section_dcid,
        "name": write.title,
        "duedate": write.due_date,
        "scoretype": "POINTS",
        "scoreentrypoints": points,
        "totalpointvalue": points,
        "weight": 1,
        "iscountedinfinalgrade": True,
        "isscoringneeded": True,
        "_assignmentcategoryassociations": [{"teachercategoryid": category, "isprimary": True}],
    }
    if publish:
        section["publishoption"] = publish
    return {"_assignmentsections": [section]}


def changed_assignment(
    write: LineItemWrite, present: Record, section_record: int, category: int | None
) -> dict[str, Any]:
    """Make the body of an update: everything goes back as it was read but for what is ours.

    PowerSchool overwrites all values, wants every section of the assignment, and in all of them the same values
    but for the due date.
    """
    body = json.loads(json.dumps(present, default=float))
    for section in body.get("_assignmentsections") or []:
        weight = parse_decimal(section.get("weight"))
        total = Decimal(write.points_possible_e4) * (Decimal(1) if weight is None else weight) / 10_000
        section |= {
            "name": write.title,
            "scoreentrypoints": json_number(write.points_possible_e4),
            "totalpointvalue": json_number(to_e4(total)),
        }
        if number_of(section.get("assignmentsectionid")) == section_record:
            section["duedate"] = write.due_date
        if category is not None:
            section["_assignmentcategoryassociations"] = _with_primary(section, category)
    return dict(body)


def _with_primary(section: Mapping[str, Any], category: int) -> list[dict[str, Any]]:
    links = [dict(one) for one in section.get("_assignmentcategoryassociations") or []]
    primary = next((one for one in links if flag_of(one.get("isprimary"))), links[0] if links else None)
    if primary is None:
        return [{"teachercategoryid": category, "isprimary": True}]
    if _category_of_link(primary) != category:
        primary.pop("_teachercategory", None)
        primary["teachercategoryid"] = category
    return links


def _category_of_link(link: Mapping[str, Any]) -> int | None:
    nested = link.get("_teachercategory")
    own = nested.get("teachercategoryid", nested.get("_id")) if isinstance(nested, Mapping) else None
    return number_of(link.get("teachercategoryid", own))


def new_score(write: ResultWrite, student: int, section_record: int) -> dict[str, Any]:
    """Make one row of a score update. Flags of the teacher's go back as they were read.

    An exempt score keeps the points that stand there; where none do, none are sent: 0 would be wrong.
    """
    present: Record = json.loads(write.observed_raw) if write.observed_raw else {}
    row: dict[str, Any] = {
        "_assignmentsection": {"assignmentsectionid": section_record},
        "studentsdcid": student,
    }
    was_exempt = flag_of(present.get("isexempt")) is True
    points = write.score_e4 if write.status == "graded" else points_of(present)
    if points is not None:
        row |= {
            "actualscoreentered": format_e4(points),
            "actualscorekind": "REAL_SCORE",
            "scoretype": "POINTS",
            "scorepoints": json_number(points),
        }
    if write.status == "exempt" or was_exempt:
        row["isexempt"] = write.status == "exempt"
    if present.get("assignmentscoreid") is not None:
        row["assignmentscoreid"] = number_of(present["assignmentscoreid"])
    row |= {name: True for name in FLAGS if flag_of(present.get(name)) is True}
    return row


def map_assignments(
    records: Iterable[Record], section_id_sis: str, section_dcid: int, zone: ZoneInfo
) -> pd.DataFrame:
    """Map assignments of one section. Shape: one row per assignment, frame OBSERVED_LINE_ITEMS.

    PowerTeacher Pro knows no day on which work was assigned, and no id of ours.
    """
    rows = []
    for record in records:
        section = section_of(record, section_dcid)
        if section is not None:
            rows.append({**_fields(record, section, section_id_sis, zone), "raw": raw_of(record)})
    return frame_of(frames.OBSERVED_LINE_ITEMS, rows, LABEL)


def section_of(record: Record, section_dcid: int) -> Record | None:
    """Give the part of an assignment that is of one section; None where it has none."""
    parts = record.get("_assignmentsections")
    if not isinstance(parts, list):
        raise invalid(LABEL, "an assignment has no _assignmentsections")
    found = (
        one
        for one in parts
        if isinstance(one, Mapping) and number_of(one.get("sectionsdcid")) == section_dcid
    )
    return next(found, None)


def _fields(record: Record, section: Record, section_id_sis: str, zone: ZoneInfo) -> dict[str, Any]:
    numbers = number_of(record.get("assignmentid")), number_of(section.get("assignmentsectionid"))
    if numbers[0] is None or numbers[1] is None:
        raise invalid(LABEL, "an assignment has no assignmentid and assignmentsectionid")
    links = [one for one in section.get("_assignmentcategoryassociations") or [] if isinstance(one, Mapping)]
    primary = next((one for one in links if flag_of(one.get("isprimary"))), links[0] if links else {})
    category = _category_of_link(primary)
    return {
        "sis_id": line_item_id(numbers[0], numbers[1]),
        "section_id_sis": section_id_sis,
        "title": text_of(section.get("name")) or "",
        "assign_date": None,
        "due_date": date_of(section.get("duedate"), zone),
        "category_id_sis": None if category is None else category_id(section_id_sis, category),
        "period_id_sis": None,
        "points_possible_e4": parse_e4(section.get("scoreentrypoints")),
        "external_id": None,
    }


def stored_assignment(
    record: Record, section_id_sis: str, section_dcid: int, zone: ZoneInfo
) -> StoredLineItem | None:
    """Read an assignment as it stands; None where it has no part in the section."""
    section = section_of(record, section_dcid)
    if section is None:
        return None
    fields = _fields(record, section, section_id_sis, zone)
    return StoredLineItem(
        sis_id=fields["sis_id"],
        title=fields["title"] or None,
        due_date=None if fields["due_date"] is None else fields["due_date"].isoformat(),
        category_id_sis=fields["category_id_sis"],
        points_possible_e4=fields["points_possible_e4"],
    )


def score_id(section_record: int, student: int) -> str:
    """Name a cell; PowerSchool's own id of it is known only once it was read."""
    return f"{section_record}:{student}"


def points_of(record: Record) -> int | None:
    """Give the points of a score, in ten-thousandths; a mark that is no number has those it was converted to."""
    points = parse_e4(record.get("scorepoints"))
    return parse_e4(record.get("actualscoreentered")) if points is None else points


def map_scores(
    records: Iterable[Record], line_item_sis_id: str, section_record: int, students: Ids[int]
) -> pd.DataFrame:
    """Map rows of ASSIGNMENTSCORE. Shape: one row per student whom the LMS can name, frame OBSERVED_RESULTS."""
    rows = []
    for record in records:
        student = number_of(record.get("studentsdcid"))
        if student is None:
            raise invalid(LABEL, "one score names no student")
        name = students.name_of(student)
        if name is None:
            continue
        points = points_of(record)
        is_typed = not all(is_blank(record.get(name)) for name in ("actualscoreentered", "scorepoints"))
        status = "exempt" if flag_of(record.get("isexempt")) else "graded" if is_typed else None
        rows.append(
            {
                "sis_id": score_id(section_record, student),
                "line_item_sis_id": line_item_sis_id,
                "student_id_sis": name,
                "score_e4": points,
                "status": status,
                "raw": raw_of(record),
            }
        )
    return frame_of(frames.OBSERVED_RESULTS, rows, LABEL)


def number_of(value: Any) -> int | None:
    """Read one of PowerSchool's numbers, which tables give as text.

    >>> number_of("36"), number_of(36), number_of("36.0"), number_of(""), number_of(True)
    (36, 36, 36, None, None)
    """
    number = parse_decimal(value)
    return int(number) if number is not None and number == number.to_integral_value() else None
