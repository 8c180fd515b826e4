"""A guild's jobs can be found by their time, for its statistics."""

from collections.abc import Sequence

from alembic import op

revision = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_jobs_guild_created", "jobs", ["guild_id", "created_at"])
