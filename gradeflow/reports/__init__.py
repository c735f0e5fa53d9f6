"""What people read afterwards: explanations of single scores, from evidence and warehouse alone.

Keep out: asking any system (`gradeflow.lms`, `gradeflow.sis`), Dagster (`gradeflow.defs`), printing (`gradeflow.cli`).
"""
