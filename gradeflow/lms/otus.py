"""Otus, over a drop: Otus has no public API, so this is a contract that gradeflow publishes.

A district's data team, or its Otus contact, puts three files into one folder, of this machine or of a server
reached over SFTP, `complete.json` last:

`assessments.csv`, one row per assessment and section:
    assessment_id, title, type, section_sis_id,
    grading_scale            Points | Standards
    total_points             decimal; may be empty where Standards
    include_in_final_grade   true | false
    assigned_date            YYYY-MM-DD, in the district's time zone
    due_date                 the same, or empty; means 23:59 of that day
    assigned_by_user_id      Otus's id of who assigned it, or empty
    assigned_by_sis_id       that person's SIS id; empty: unknown to the SIS

`scores.csv`, one row per student in each of them, also where nothing was done yet:
    assessment_id, section_sis_id, student_sis_id,
    completion_status        Not Started | In Progress | Turned In | Graded
    submission_status        On Time | Late | Missing | Excused | Excluded, or empty: none of these
    points_earned            decimal, or empty
    due_date                 may be left out: a due date of this student's own, as for an extension, or `none`
                             where the student has none at all; empty: the section's holds. No automatic zero
                             before it

`complete.json`: `{"exported_at": "2026-10-01T02:00:00Z", "assessments": 12, "scores": 300}`, the counts being
rows below the headers. While it is absent, or counts otherwise, the drop is taken for unfinished.

The CSV files are UTF-8 (a BOM is allowed) by RFC 4180, with these columns and no others. Ids are text: leading
zeros stay. One broken row stops the district, because half a gradebook would look like deletions; every
broken row is named by file, line and column.

Source: help.otus.com articles 2499361 (statuses), 10354089 (reports), 5423545 (passback), read 2026-11, for
the words; the columns are our own.
"""

from __future__ import annotations

from gradeflow.lms.file_source import connector
from gradeflow.lms.otus_files import CONTRACT

CONNECTOR = connector(
    "otus",
    "Otus",
    CONTRACT,
    vendor="Otus",
    limits=("The file contract is gradeflow's own; it is described in gradeflow/lms/otus.py.",),
    needs=(
        "Three files in a folder or on an SFTP server before each night, from a data team or an Otus contact:"
        " Otus has no public API.",
    ),
)
