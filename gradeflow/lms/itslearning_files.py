"""itslearning, over a drop: a file contract that gradeflow publishes, for a site without the data warehouse.

The data warehouse (`itslearning`) tells neither which SIS section a course stands for nor, in public, what an
item's columns are. Whoever can export that, a data team or the vendor's services, puts three files into one
folder, of this machine or of a server reached over SFTP, `complete.json` last:

`items.csv`, one row per gradebook item and SIS section that it is meant for:
    item_id, title           as in the gradebook
    type                     Assignment | Test | Task; others are read and left to the rules
    section_sis_id,
    category                 the title of the SIS category that its teacher chose for this section, or empty
    scale                    Score, the name of another scale, or empty
    max_score                decimal, or empty
    term                     the id of the term it is tagged with, or empty
    deadline                 YYYY-MM-DD in the district's time zone, or empty; means 23:59 of that day
    course_from_sis          true | false: the SIS integration made this course
    passback_enabled         true | false: grade passback is on for this course
    created_by_user_id       itslearning's id of who made it, or empty
    created_by_sis_id        that person's SIS id; empty: unknown to the SIS

`scores.csv`, one row per student in each of them, also where nothing was done yet:
    item_id, section_sis_id, student_sis_id,
    status                   Not submitted | Submitted | Completed
    mark                     Missing | Excused | Excluded, or empty: none of these
    late                     true | false, or empty: not known
    score                    decimal, or empty
    deadline                 may be left out: a deadline of this student's own, as for an extension, or `none`
                             where the student has none at all; empty: the item's holds

`complete.json`: `{"exported_at": "2026-10-01T02:00:00Z", "items": 12, "scores": 300}`, the counts being rows
below the headers. While it is absent, or counts otherwise, the drop is taken for unfinished.

The CSV files are UTF-8 (a BOM is allowed) by RFC 4180, with these columns and no others. Ids are text: leading
zeros stay. One broken row stops the district, because half a gradebook would look like deletions; every
broken row is named by file, line and column.

Source: the guides of itslearning's grade passback to Skyward and to Infinite Campus (support.itslearning.com
article 7000036512), read 2026-11, for the words; the columns are our own.
"""

from __future__ import annotations

from gradeflow.lms.file_source import connector
from gradeflow.lms.itslearning_tables import CONTRACT

CONNECTOR = connector(
    "itslearning_files",
    "itslearning, by files",
    CONTRACT,
    vendor="itslearning",
    limits=(
        "Somebody must put three files into the drop before each night.",
        "The file contract is gradeflow's own; it is described in gradeflow/lms/itslearning_files.py.",
    ),
    needs=(
        "An export of gradebook items with their SIS sections, terms and chosen categories, and of their scores.",
    ),
)
