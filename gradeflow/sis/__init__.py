"""SIS gradebooks: one OneRoster 1.1 client, and one file per SIS that says what is particular about it.

Keep out: passback policy (`gradeflow.rules`), LMSs (`gradeflow.lms`), HTTP itself (`gradeflow.transport`).
"""
