"""SIS gradebooks: one OneRoster client, the interfaces that vendors have of their own, and one file per SIS.

Keep out: passback policy (`gradeflow.rules`), LMSs (`gradeflow.lms`), HTTP itself (`gradeflow.transport`).
"""
