"""The tables by which several bots share one database.

SQLite, which has one bot, leaves them empty. On PostgreSQL triggers on ``jobs`` keep ``turns``,
whatever statement changes a job's status.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import UtcDateTime
from storage.tables import Base

IN_LINE = text("waiting > 0")


class LeaseRow(Base):
    """That a bot lives, up to ``expires_at`` by the database's clock; what it held is then free."""

    __tablename__ = "leases"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TurnRow(Base):
    """When a member was served, and which of their jobs is next.

    ``served`` numbers the claim by which a job of theirs was last served, 0 for never. ``rank``,
    ``since`` and ``job_id`` are those of the first of their ``waiting`` jobs: whoever has the
    lowest rank, was served longest ago and waits longest comes next.
    """

    __tablename__ = "turns"
    __table_args__ = (
        CheckConstraint("waiting >= 0", name="waiting"),
        Index(
            "ix_turns_line",
            "rank",
            "served",
            "since",
            "user_id",
            sqlite_where=IN_LINE,
            postgresql_where=IN_LINE,
        ),
    )

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    served: Mapped[int] = mapped_column(BigInteger)
    waiting: Mapped[int]
    rank: Mapped[int]
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    job_id: Mapped[str | None] = mapped_column(String(32))
