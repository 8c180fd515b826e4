"""Cases: members' reports and pictures that the content check doubts, for moderators to decide."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = "'report', 'source', 'result'"
DECISIONS = "'remove', 'block', 'refund', 'dismiss', 'allow', 'refuse'"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "cases",
        sa.Column("id", ROW_NUMBER, nullable=False, autoincrement=True),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("job_id", sa.String(32)),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("reporter_id", sa.BigInteger()),
        sa.Column("reason", sa.Text()),
        sa.Column("payload", sa.JSON()),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("decision", sa.String(16)),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("decided_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_cases_kind")),
        sa.CheckConstraint(f"decision IN ({DECISIONS})", name=op.f("ck_cases_decision")),
    )
    op.create_index("ix_cases_job_id", "cases", ["job_id"])
