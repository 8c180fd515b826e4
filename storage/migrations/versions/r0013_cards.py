"""Whether the moderators were shown a case, and where; those of earlier were, somewhere."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision: str | None = "0012"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column(
        "cases", sa.Column("posted", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column("cases", sa.Column("card_channel_id", sa.BigInteger()))
    op.add_column("cases", sa.Column("card_message_id", sa.BigInteger()))
