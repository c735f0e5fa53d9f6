"""LMS gradebooks, read only by type: one file per LMS, which maps what it says to the canonical frames.

Keep out: passback policy (`gradeflow.rules`), SISs (`gradeflow.sis`), HTTP itself (`gradeflow.transport`).
"""
