"""The tables of quota rules and of requests for more."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import FreeText, RowNumber, UtcDateTime, word_of
from storage.tables import Base

OPEN = text("state = 'open'")


class AllowanceScope(StrEnum):
    """Whose allowance a rule gives."""

    ROLE = "role"
    MEMBER = "member"
    CHANNEL = "channel"


class RequestState(StrEnum):
    """Where a member's request for more stands; the last two are final.

    What nobody decided in time is denied, by nobody.
    """

    OPEN = "open"
    APPROVED = "approved"
    DENIED = "denied"


class AllowanceRow(Base):
    """Credits a day for a role, a member or in a channel; None is without limit."""

    __tablename__ = "quota_allowances"
    __table_args__ = (CheckConstraint("credits >= 0", name="credits"),)

    guild_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    scope: Mapped[AllowanceScope] = mapped_column(
        word_of(AllowanceScope, "scope"), primary_key=True
    )
    target_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    credits: Mapped[int | None]


class PolicyRow(Base):
    """A guild's other quota rules; its columns are the fields of ``quota_rules.Policy``."""

    __tablename__ = "quota_policies"
    __table_args__ = (
        CheckConstraint("pool >= 0", name="pool"),
        CheckConstraint("new_member_wait_s >= 0", name="new_member_wait_s"),
        CheckConstraint("max_in_flight_per_user >= 0", name="max_in_flight_per_user"),
        CheckConstraint("max_in_flight_per_guild >= 0", name="max_in_flight_per_guild"),
        CheckConstraint("votes_needed >= 1", name="votes_needed"),
        CheckConstraint("vote_window_s >= 1", name="vote_window_s"),
    )

    guild_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    pool: Mapped[int | None]
    new_member_wait_s: Mapped[int]
    max_in_flight_per_user: Mapped[int | None]
    max_in_flight_per_guild: Mapped[int | None]
    price_large: Mapped[int | None]
    price_huge: Mapped[int | None]
    price_many: Mapped[int | None]
    price_very_many: Mapped[int | None]
    vote_role_id: Mapped[int | None] = mapped_column(BigInteger)
    votes_needed: Mapped[int]
    vote_window_s: Mapped[int]


class RoleGrantRow(Base):
    """Bonus credits for whoever has a role while they last; each member's are a ledger row."""

    __tablename__ = "quota_role_grants"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        Index("ix_quota_role_grants_guild", "guild_id", "expires_on"),
    )

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    role_id: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int]
    expires_on: Mapped[date] = mapped_column(Date)
    actor_id: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(FreeText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RequestRow(Base):
    """A member's request for more credits, and what became of it."""

    __tablename__ = "quota_requests"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("granted >= 0", name="granted"),
        # A member has one open request in a guild.
        Index(
            "uq_quota_requests_open",
            "guild_id",
            "user_id",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int]
    why: Mapped[str] = mapped_column(FreeText)
    state: Mapped[RequestState] = mapped_column(word_of(RequestState, "state"))
    granted: Mapped[int]
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    locale: Mapped[str | None] = mapped_column(String(16))


class VoteRow(Base):
    """One member's approval of a request."""

    __tablename__ = "quota_votes"

    request_id: Mapped[str] = mapped_column(
        ForeignKey("quota_requests.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
