"""The thin Dagster shell: partitions, assets, checks, schedules, storage. The only package that imports Dagster.

An asset reads the run's parameters, calls one step of `gradeflow.core.night` and reports counts. Keep out:
decisions, HTTP, SQL. No student's name or score may enter an event, a log or metadata: ids of runs and line
items, counts, digests.
"""
