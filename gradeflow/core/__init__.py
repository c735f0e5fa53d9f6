"""Decisions and their order: the three-way diff, the plan, the breakers, delivery, one district's night.

Everything here sees an LMS, an SIS and the warehouse only through `gradeflow.ports`. Keep out: HTTP, SQL,
Dagster, vendors, clocks.
"""
