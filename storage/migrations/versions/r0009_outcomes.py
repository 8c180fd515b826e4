"""Outcomes: where members who asked for more, or reported a picture, are to be told of it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Add the columns; of older requests nobody knows the channel."""
    op.add_column("quota_requests", sa.Column("channel_id", sa.BigInteger()))
    op.add_column("quota_requests", sa.Column("locale", sa.String(16)))
    op.add_column(
        "cases",
        sa.Column("reporter_waits", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index(
        "ix_cases_open",
        "cases",
        ["created_at"],
        sqlite_where=sa.text("decision IS NULL"),
        postgresql_where=sa.text("decision IS NULL"),
    )
