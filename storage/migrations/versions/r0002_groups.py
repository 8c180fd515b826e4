"""Jobs may share a message, begin from words alone, and are asked for once by each interaction."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Add the columns, and let ``source_hash`` be empty."""
    op.add_column("jobs", sa.Column("group_id", sa.String(32)))
    op.add_column("jobs", sa.Column("place", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("jobs", sa.Column("interaction_id", sa.BigInteger()))
    op.create_index("ix_jobs_group_id", "jobs", ["group_id"])
    op.create_index("uq_jobs_interaction", "jobs", ["interaction_id", "place"], unique=True)
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("jobs", "source_hash", nullable=True)
        return
    # SQLite alters no column, and making the table anew would empty those that refer to it.
    op.add_column("jobs", sa.Column("new_source_hash", sa.String(64)))
    op.execute("UPDATE jobs SET new_source_hash = source_hash")
    op.execute("ALTER TABLE jobs DROP COLUMN source_hash")
    op.execute("ALTER TABLE jobs RENAME COLUMN new_source_hash TO source_hash")
