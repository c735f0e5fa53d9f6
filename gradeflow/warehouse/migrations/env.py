"""Alembic's entry: runs inside the transaction that `gradeflow.warehouse.migrate` opened."""

from __future__ import annotations

from alembic import context

from gradeflow.warehouse.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite alters a table only by copying it
)
context.run_migrations()
