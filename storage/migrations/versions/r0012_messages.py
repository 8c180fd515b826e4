"""Messages that show a result once more, and messages that are still to be deleted."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision: str | None = "0011"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add both tables."""
    op.create_table(
        "posts",
        sa.Column("message_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("guild_id", sa.BigInteger()),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("before_id", sa.String(32)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_posts"),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_posts_job_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["before_id"], ["jobs.id"], name="fk_posts_before_id", ondelete="SET NULL"
        ),
    )
    for column in ("user_id", "job_id", "before_id"):
        op.create_index(f"ix_posts_{column}", "posts", [column])
    op.create_table(
        "erasures",
        sa.Column("message_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.PrimaryKeyConstraint("message_id", name="pk_erasures"),
    )
    op.create_index("ix_erasures_due_at", "erasures", ["due_at"])
