"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "district",
        sa.Column("district_key", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("audit_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("audit_hash", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("district_key", name="pk_district"),
        sa.UniqueConstraint("district", name="uq_district_district"),
    )
    op.create_table(
        "audit",
        sa.Column("district_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["district_key"], ["district.district_key"], name="fk_audit_district_key"),
        sa.PrimaryKeyConstraint("district_key", "seq", name="pk_audit"),
    )
    op.create_table(
        "extract",
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("district_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("partition_key", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["district_key"], ["district.district_key"], name="fk_extract_district_key"),
        sa.PrimaryKeyConstraint("asset", "district_key", "partition_key", name="pk_extract"),
    )
    op.create_table(
        "finding",
        sa.Column("finding_id", BIG_KEY, nullable=False),
        sa.Column("district_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("lms_assignment_id", sa.Text(), nullable=True),
        sa.Column("section_id_sis", sa.Text(), nullable=True),
        sa.Column("student_id_sis", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("threshold", sa.Text(), nullable=True),
        sa.Column("first_seen_run", sa.Text(), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("last_seen_run", sa.Text(), nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["district_key"], ["district.district_key"], name="fk_finding_district_key"),
        sa.PrimaryKeyConstraint("finding_id", name="pk_finding"),
    )
    op.create_index(
        "ix_finding_item", "finding", ["district_key", "lms_assignment_id", "section_id_sis"], unique=False
    )
    op.create_index(
        "uq_finding_open",
        "finding",
        ["district_key", "rule_id", "code", "subject"],
        unique=True,
        sqlite_where=sa.text("is_open"),
        postgresql_where=sa.text("is_open"),
    )

    op.create_table(
        "lease",
        sa.Column("district_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("acquired_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["district_key"], ["district.district_key"], name="fk_lease_district_key"),
        sa.PrimaryKeyConstraint("district_key", name="pk_lease"),
    )
    op.create_table(
        "line_item",
        sa.Column("line_item_key", sa.Integer(), nullable=False),
        sa.Column("district_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line_item_id", sa.Text(), nullable=False),
        sa.Column("lms_assignment_id", sa.Text(), nullable=False),
        sa.Column("section_id_sis", sa.Text(), nullable=False),
        sa.Column("sis_id", sa.Text(), nullable=True),
        sa.Column("assigned_on", sa.Date(), nullable=False),
        sa.Column("assigned_basis", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("settled_digest", sa.Text(), nullable=True),
        sa.Column("settled_counts", sa.Text(), nullable=True),
        sa.Column("is_locked", sa.Boolean(), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["district_key"], ["district.district_key"], name="fk_line_item_district_key"
        ),
        sa.PrimaryKeyConstraint("line_item_key", name="pk_line_item"),
        sa.UniqueConstraint(
            "district_key",
            "lms_assignment_id",
            "section_id_sis",
            "generation",
            name="uq_line_item_generation",
        ),
        sa.UniqueConstraint("line_item_id", name="uq_line_item_line_item_id"),
    )
    op.create_table(
        "plan",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("district_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("extract_digest", sa.Text(), nullable=False),
        sa.Column("rules_digest", sa.Text(), nullable=False),
        sa.Column("settings_digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["district_key"], ["district.district_key"], name="fk_plan_district_key"),
        sa.PrimaryKeyConstraint("run_id", name="pk_plan"),
    )
    op.create_index("ix_plan_digest", "plan", ["digest"], unique=False)

    op.create_table(
        "run",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("district_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("as_of", INSTANT, nullable=False),
        sa.Column("partition_from", sa.Text(), nullable=True),
        sa.Column("partition_to", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("line_items", sa.Text(), nullable=False),
        sa.Column("results", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("calls", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("settings_digest", sa.Text(), nullable=True),
        sa.Column("rules_digest", sa.Text(), nullable=True),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.CheckConstraint(
            "status IN ('running', 'completed', 'completed_with_errors', 'held_by_breaker', 'failed')",
            name=op.f("ck_run_status"),
        ),
        sa.ForeignKeyConstraint(["district_key"], ["district.district_key"], name="fk_run_district_key"),
        sa.PrimaryKeyConstraint("run_id", name="pk_run"),
    )
    op.create_index("ix_run_started", "run", ["district_key", "started_at"], unique=False)

    op.create_table(
        "student",
        sa.Column("student_key", sa.Integer(), nullable=False),
        sa.Column("district_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("student_id_sis", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["district_key"], ["district.district_key"], name="fk_student_district_key"),
        sa.PrimaryKeyConstraint("student_key", name="pk_student"),
        sa.UniqueConstraint("district_key", "student_id_sis", name="uq_student_district_key_student_id_sis"),
    )
    op.create_table(
        "hold",
        sa.Column("hold_id", BIG_KEY, nullable=False),
        sa.Column("district_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line_item_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("result_key", BIG_KEY, nullable=True),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("desired", sa.Text(), nullable=True),
        sa.Column("observed", sa.Text(), nullable=True),
        sa.Column("opened_run", sa.Text(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_run", sa.Text(), nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["district_key"], ["district.district_key"], name="fk_hold_district_key"),
        sa.ForeignKeyConstraint(["line_item_key"], ["line_item.line_item_key"], name="fk_hold_line_item_key"),
        sa.PrimaryKeyConstraint("hold_id", name="pk_hold"),
    )
    op.create_index(
        "ix_hold_open",
        "hold",
        ["district_key"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "uq_hold_field",
        "hold",
        ["line_item_key", "field"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL AND result_key IS NULL AND field IS NOT NULL"),
        postgresql_where=sa.text("closed_at IS NULL AND result_key IS NULL AND field IS NOT NULL"),
    )
    op.create_index(
        "uq_hold_line_item",
        "hold",
        ["line_item_key"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL AND result_key IS NULL AND field IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL AND result_key IS NULL AND field IS NULL"),
    )
    op.create_index(
        "uq_hold_result",
        "hold",
        ["result_key"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL AND result_key IS NOT NULL"),
        postgresql_where=sa.text("closed_at IS NULL AND result_key IS NOT NULL"),
    )

    op.create_table(
        "intent",
        sa.Column("intent_id", BIG_KEY, nullable=False),
        sa.Column("district_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("plan_digest", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("line_item_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("result_key", BIG_KEY, nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("sent", sa.Text(), nullable=False),
        sa.Column("payload_digest", sa.Text(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("intended_at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=True),
        sa.CheckConstraint("action IN ('create', 'update')", name=op.f("ck_intent_action")),
        sa.CheckConstraint("kind IN ('line_item', 'result')", name=op.f("ck_intent_kind")),
        sa.CheckConstraint(
            "state IN ('intended', 'confirmed', 'rejected', 'retryable', 'unknown', 'settled')",
            name=op.f("ck_intent_state"),
        ),
        sa.ForeignKeyConstraint(["district_key"], ["district.district_key"], name="fk_intent_district_key"),
        sa.ForeignKeyConstraint(
            ["line_item_key"], ["line_item.line_item_key"], name="fk_intent_line_item_key"
        ),
        sa.PrimaryKeyConstraint("intent_id", name="pk_intent"),
    )
    op.create_index("ix_intent_run_id", "intent", ["run_id"], unique=False)
    op.create_index(
        "ix_intent_unresolved",
        "intent",
        ["district_key"],
        unique=False,
        sqlite_where=sa.text("state IN ('intended', 'unknown')"),
        postgresql_where=sa.text("state IN ('intended', 'unknown')"),
    )
    op.create_index(
        "uq_intent_line_item",
        "intent",
        ["line_item_key"],
        unique=True,
        sqlite_where=sa.text("result_key IS NULL AND state IN ('intended', 'unknown')"),
        postgresql_where=sa.text("result_key IS NULL AND state IN ('intended', 'unknown')"),
    )
    op.create_index(
        "uq_intent_result",
        "intent",
        ["result_key"],
        unique=True,
        sqlite_where=sa.text("result_key IS NOT NULL AND state IN ('intended', 'unknown')"),
        postgresql_where=sa.text("result_key IS NOT NULL AND state IN ('intended', 'unknown')"),
    )

    op.create_table(
        "line_item_field",
        sa.Column("line_item_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("sent", sa.Text(), nullable=True),
        sa.Column("stored", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "field IN ('title', 'assign_date', 'due_date', 'category', 'points', 'period')",
            name=op.f("ck_line_item_field_field"),
        ),
        sa.ForeignKeyConstraint(
            ["line_item_key"], ["line_item.line_item_key"], name="fk_line_item_field_line_item_key"
        ),
        sa.PrimaryKeyConstraint("line_item_key", "field", name="pk_line_item_field"),
    )
    op.create_table(
        "result",
        sa.Column("result_key", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("line_item_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("student_key", sa.Integer(), nullable=False),
        sa.Column("sent_score_e4", sa.BigInteger(), nullable=True),
        sa.Column("sent_status", sa.Text(), nullable=True),
        sa.Column("stored_score_e4", sa.BigInteger(), nullable=True),
        sa.Column("stored_status", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_locked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_item_key"], ["line_item.line_item_key"], name="fk_result_line_item_key"
        ),
        sa.ForeignKeyConstraint(["student_key"], ["student.student_key"], name="fk_result_student_key"),
        sa.PrimaryKeyConstraint("result_key", name="pk_result"),
    )


def downgrade() -> None:
    for table in (
        "result",
        "line_item_field",
        "intent",
        "hold",
        "student",
        "run",
        "plan",
        "line_item",
        "lease",
        "finding",
        "extract",
        "audit",
        "district",
    ):
        op.drop_table(table)
