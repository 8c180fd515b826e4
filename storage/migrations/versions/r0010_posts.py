"""The outbox notes that a message is about to be posted, before it is."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("outbox", sa.Column("post_begun_at", sa.DateTime(timezone=True), nullable=True))
