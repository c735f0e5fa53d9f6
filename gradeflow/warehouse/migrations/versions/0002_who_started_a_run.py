"""Who started a run; and the sends and holds of a line item are found at once, however many there are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("started_by", sa.Text(), nullable=True))
    op.create_index("ix_intent_line_item_key", "intent", ["line_item_key"])
    op.create_index("ix_hold_line_item_key", "hold", ["line_item_key"])


def downgrade() -> None:
    op.drop_index("ix_hold_line_item_key", "hold")
    op.drop_index("ix_intent_line_item_key", "intent")
    op.drop_column("run", "started_by")
