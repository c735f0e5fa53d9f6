"""Every table of the warehouse. A change here needs a migration; a test holds the two together.

Nullable means unknown. Points are int64 ten-thousandths (`_e4`). Ids of other systems are text; inside,
dense integer keys. Keep out: queries (the module of the concept), types (`columns.py`).
"""

from __future__ import annotations

from typing import get_args

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gradeflow.model.ledger import FIELDS, RunStatus
from gradeflow.warehouse.columns import BIG_KEY, Instant, JsonText

RUN_STATUSES: tuple[str, ...] = get_args(RunStatus)
INTENT_STATES = ("intended", "confirmed", "rejected", "retryable", "unknown", "settled")
UNRESOLVED_STATES = ("intended", "unknown")

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _district(*, primary_key: bool = False) -> Column[int]:
    return Column(
        "district_key",
        ForeignKey("district.district_key"),
        primary_key=primary_key,
        nullable=False,
        autoincrement=False,
    )


def _line_item(*, primary_key: bool = False, index: bool = False) -> Column[int]:
    return Column(
        "line_item_key",
        ForeignKey("line_item.line_item_key"),
        primary_key=primary_key,
        index=index or None,
        nullable=False,
        autoincrement=False,
    )


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _unique_where(name: str, *columns: str, where: str) -> Index:
    clause = text(where)
    return Index(name, *columns, unique=True, sqlite_where=clause, postgresql_where=clause)


# ---- who and what ------------------------------------------------------------------------------------

DISTRICT = Table(
    "district",
    METADATA,
    Column("district_key", Integer, primary_key=True),
    Column("district", Text, nullable=False, unique=True),
    # Where the audit chain ends, so that rows cut off its end are missed too.
    Column("audit_seq", BigInteger, nullable=False, server_default="0"),
    Column("audit_hash", Text, nullable=False, server_default=""),
)

STUDENT = Table(
    "student",
    METADATA,
    Column("student_key", Integer, primary_key=True),
    _district(),
    Column("student_id_sis", Text, nullable=False),
    UniqueConstraint("district_key", "student_id_sis"),
)

LINE_ITEM = Table(
    "line_item",
    METADATA,
    Column("line_item_key", Integer, primary_key=True),
    _district(),
    Column("line_item_id", Text, nullable=False, unique=True),
    Column("lms_assignment_id", Text, nullable=False),
    Column("section_id_sis", Text, nullable=False),
    Column("sis_id", Text),  # set once it is known to exist in the SIS
    Column("assigned_on", Date, nullable=False),  # frozen at first sight
    Column("assigned_basis", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("version", Integer, nullable=False),  # 0: no base yet; raised by every change of its bases
    Column("settled_digest", Text),  # for these desired values nothing was left to do
    Column("settled_counts", Text),
    Column("is_locked", Boolean, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    UniqueConstraint(
        "district_key", "lms_assignment_id", "section_id_sis", "generation", name="uq_line_item_generation"
    ),
)

# ---- the two bases -----------------------------------------------------------------------------------

LINE_ITEM_FIELD = Table(
    "line_item_field",
    METADATA,
    _line_item(primary_key=True),
    Column("field", Text, primary_key=True),
    Column("sent", Text),
    Column("stored", Text),
    _one_of("field", FIELDS),
)

RESULT = Table(
    "result",
    METADATA,
    # line_item_key << 32 | student_key: the results of one item lie side by side.
    Column("result_key", BIG_KEY, primary_key=True, autoincrement=False),
    _line_item(),
    Column("student_key", ForeignKey("student.student_key"), nullable=False),
    Column("sent_score_e4", BigInteger),
    Column("sent_status", Text),
    Column("stored_score_e4", BigInteger),
    Column("stored_status", Text),
    Column("origin", Text, nullable=False),  # typed, auto_zero, exempt, cleared ...
    Column("version", Integer, nullable=False),
    Column("is_locked", Boolean, nullable=False),
)

# ---- what is kept back, what was found ---------------------------------------------------------------

HOLD = Table(
    "hold",
    METADATA,
    Column("hold_id", BIG_KEY, primary_key=True),
    _district(),
    _line_item(index=True),
    Column("result_key", BIG_KEY),  # no foreign key: a score typed first in the SIS has no base
    Column("field", Text),
    Column("reason", Text, nullable=False),
    Column("desired", Text),
    Column("observed", Text),
    Column("opened_run", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_run", Text),
    Column("closed_at", Instant),
    Column("resolution", Text),
    Index(
        "ix_hold_open",
        "district_key",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
    _unique_where("uq_hold_result", "result_key", where="closed_at IS NULL AND result_key IS NOT NULL"),
    _unique_where(
        "uq_hold_field",
        "line_item_key",
        "field",
        where="closed_at IS NULL AND result_key IS NULL AND field IS NOT NULL",
    ),
    _unique_where(
        "uq_hold_line_item",
        "line_item_key",
        where="closed_at IS NULL AND result_key IS NULL AND field IS NULL",
    ),
)

FINDING = Table(
    "finding",
    METADATA,
    Column("finding_id", BIG_KEY, primary_key=True),
    _district(),
    Column("rule_id", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("lms_assignment_id", Text),
    Column("section_id_sis", Text),
    Column("student_id_sis", Text),
    Column("subject", Text, nullable=False),
    Column("value", Text),
    Column("threshold", Text),
    Column("first_seen_run", Text, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("last_seen_run", Text, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("is_open", Boolean, nullable=False),
    _unique_where("uq_finding_open", "district_key", "rule_id", "code", "subject", where="is_open"),
    Index("ix_finding_item", "district_key", "lms_assignment_id", "section_id_sis"),
)

# ---- runs and what they made -------------------------------------------------------------------------

RUN = Table(
    "run",
    METADATA,
    Column("run_id", Text, primary_key=True),
    _district(),
    Column("job", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("partition_from", Text),
    Column("partition_to", Text),
    Column("status", Text, nullable=False),
    Column("line_items", JsonText, nullable=False),
    Column("results", JsonText, nullable=False),
    Column("findings", JsonText, nullable=False),
    Column("calls", JsonText, nullable=False),
    Column("message", Text),
    Column("settings_digest", Text),
    Column("rules_digest", Text),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("seconds", Float),
    Column("started_by", Text),  # a person's name as they gave it, or "schedule"; null: nobody said
    _one_of("status", RUN_STATUSES),
    Index("ix_run_started", "district_key", "started_at"),
)

EXTRACT = Table(
    "extract",
    METADATA,
    Column("asset", Text, primary_key=True),
    _district(primary_key=True),
    Column("partition_key", Text, primary_key=True),
    Column("path", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("written_at", Instant, nullable=False),
)

PLAN = Table(
    "plan",
    METADATA,
    Column("run_id", Text, primary_key=True),
    _district(),
    Column("digest", Text, nullable=False, index=True),
    Column("path", Text, nullable=False),
    Column("counts", JsonText, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("extract_digest", Text, nullable=False),
    Column("rules_digest", Text, nullable=False),
    Column("settings_digest", Text, nullable=False),
)

# ---- delivery ----------------------------------------------------------------------------------------

INTENT = Table(
    "intent",
    METADATA,
    Column("intent_id", BIG_KEY, primary_key=True),
    _district(),
    Column("run_id", Text, nullable=False, index=True),
    Column("plan_digest", Text, nullable=False),
    Column("kind", Text, nullable=False),
    _line_item(index=True),
    Column("result_key", BIG_KEY),  # no foreign key: the base of a new score comes with its receipt
    Column("action", Text, nullable=False),
    Column("sent", JsonText, nullable=False),  # what goes out: explains the outcome after a crash
    Column("payload_digest", Text, nullable=False),
    Column("base_version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("code", Text),
    Column("intended_at", Instant, nullable=False),
    Column("received_at", Instant),
    _one_of("kind", ("line_item", "result")),
    _one_of("action", ("create", "update")),
    _one_of("state", INTENT_STATES),
    # Unknown is read back before anything is sent again: the database itself refuses a second send.
    _unique_where(
        "uq_intent_result",
        "result_key",
        where="result_key IS NOT NULL AND state IN ('intended', 'unknown')",
    ),
    _unique_where(
        "uq_intent_line_item",
        "line_item_key",
        where="result_key IS NULL AND state IN ('intended', 'unknown')",
    ),
    Index(
        "ix_intent_unresolved",
        "district_key",
        sqlite_where=text("state IN ('intended', 'unknown')"),
        postgresql_where=text("state IN ('intended', 'unknown')"),
    ),
)

LEASE = Table(
    "lease",
    METADATA,
    _district(primary_key=True),
    Column("token", Text),  # null: released
    Column("holder", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("acquired_at", Instant, nullable=False),
)

AUDIT = Table(
    "audit",
    METADATA,
    _district(primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("run_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("prev_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
