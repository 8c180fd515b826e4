"""The tables as SQLAlchemy knows them; the migrations make them, a test holds the two together."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Date,
    Double,
    ForeignKey,
    Index,
    MetaData,
    String,
    TextClause,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.columns import FreeText, RowNumber, Sentences, UtcDateTime, word_of
from storage.records import JobStatus

# Constraints need stable names, so that a later migration can speak of them on both databases.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
IN_FLIGHT = text("status IN ('queued', 'running')")
# Written out and not bound: a partial index is used only where its very condition is asked for.
SETTLEMENT = text("kind IN ('commit', 'refund') AND expires_on IS NULL")
BONUS_SETTLEMENT = text("kind IN ('commit', 'refund') AND expires_on IS NOT NULL")
RESERVATION = text("kind = 'reserve' AND expires_on IS NULL")
BONUS_RESERVATION = text("kind = 'reserve' AND expires_on IS NOT NULL")
BONUS = text("expires_on IS NOT NULL")
SPENDING = text("kind IN ('reserve', 'refund')")
PENDING = text("state = 'pending'")
QUEUED = text("status = 'queued'")
RUNNING = text("status = 'running'")


class LedgerKind(StrEnum):
    """What a ledger row stands for: the first four count as use, the last two as bonus."""

    RESERVE = "reserve"
    COMMIT = "commit"
    REFUND = "refund"
    CORRECTION = "correction"
    GRANT = "grant"
    GIFT = "gift"


class DeliveryState(StrEnum):
    """Where the delivery of an outcome stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    ABANDONED = "abandoned"


class ImageRole(StrEnum):
    """What a job uses an image for."""

    SOURCE = "source"
    PARAMS = "params"
    RESULT = "result"
    LATENTS = "latents"


def _partial(name: str, *columns: str, where: TextClause, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


class Base(DeclarativeBase):
    """Holds the metadata of all tables."""

    metadata = MetaData(naming_convention=NAMES)


class JobRow(Base):
    """One job of a member; its columns are the fields of ``records.Job``."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("attempt >= 0", name="attempt"),
        CheckConstraint("cost >= 0", name="cost"),
        # Discord may tell of one interaction twice; the members of a group share theirs.
        Index("uq_jobs_interaction", "interaction_id", "place", unique=True),
        _partial("ix_jobs_user_in_flight", "user_id", where=IN_FLIGHT),
        _partial("ix_jobs_guild_in_flight", "guild_id", where=IN_FLIGHT),
        Index("ix_jobs_served", "user_id", "started_at"),
        _partial("ix_jobs_waiting", "user_id", "created_at", where=QUEUED),
        _partial("ix_jobs_running", "holder", where=RUNNING),
        Index("ix_jobs_guild_created", "guild_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    guild_id: Mapped[int | None] = mapped_column(BigInteger)
    channel_id: Mapped[int] = mapped_column(BigInteger)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(String(32))
    params: Mapped[Mapping[str, Any]] = mapped_column(JSON)
    source_hash: Mapped[str | None] = mapped_column(String(64))
    parent_id: Mapped[str | None] = mapped_column(
        ForeignKey("jobs.id", ondelete="SET NULL"), index=True
    )
    root_id: Mapped[str | None] = mapped_column(
        ForeignKey("jobs.id", ondelete="SET NULL"), index=True
    )
    source_notes: Mapped[tuple[str, ...]] = mapped_column(Sentences)
    interaction_token: Mapped[str] = mapped_column(FreeText)
    interaction_expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    application_id: Mapped[int] = mapped_column(BigInteger)
    locale: Mapped[str] = mapped_column(String(16))
    attachment_size_limit: Mapped[int] = mapped_column(BigInteger)
    priority: Mapped[int]
    cost: Mapped[int]
    group_id: Mapped[str | None] = mapped_column(String(32), index=True)
    place: Mapped[int]
    interaction_id: Mapped[int | None] = mapped_column(BigInteger)
    home: Mapped[str | None] = mapped_column(String(32))
    status: Mapped[JobStatus] = mapped_column(word_of(JobStatus, "status"))
    attempt: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result_hash: Mapped[str | None] = mapped_column(String(64))
    latents_hash: Mapped[str | None] = mapped_column(String(64))
    width: Mapped[int | None]
    height: Mapped[int | None]
    num_inference_steps: Mapped[int | None]
    guidance_scale: Mapped[float | None] = mapped_column(Double)
    seconds: Mapped[float | None] = mapped_column(Double)
    notes: Mapped[tuple[str, ...]] = mapped_column(Sentences)
    error_code: Mapped[str | None] = mapped_column(FreeText)
    error_message: Mapped[str | None] = mapped_column(FreeText)
    holder: Mapped[str | None] = mapped_column(String(32))
    unwanted: Mapped[bool] = mapped_column(server_default=false())


class LedgerRow(Base):
    """One movement of credits. Triggers refuse every UPDATE and DELETE.

    Credits lie in pots, and each pot is the sum of its rows. Without ``expires_on`` a row belongs
    to the allowance of its ``day``: the general one, or with ``channel_id`` that channel's own.
    With it, the row belongs to the bonus credits that can be spent up to that day.

    ``day`` is the day that the movement counts for. ``job_id`` is no foreign key: the ledger
    outlives the jobs that it charged.
    """

    __tablename__ = "ledger"
    __table_args__ = (
        CheckConstraint("kind <> 'reserve' OR amount <= 0", name="reserve_takes"),
        CheckConstraint("kind <> 'refund' OR amount >= 0", name="refund_gives"),
        CheckConstraint("kind <> 'commit' OR amount = 0", name="commit_moves_nothing"),
        Index("ix_ledger_member_day", "user_id", "guild_id", "day"),
        _partial("ix_ledger_bonus", "user_id", "guild_id", "expires_on", where=BONUS),
        _partial("ix_ledger_spending", "guild_id", "day", "user_id", "amount", where=SPENDING),
        # A job is charged once and settled once, whatever the code above believes.
        _partial("uq_ledger_reservation", "job_id", where=RESERVATION, unique=True),
        _partial("uq_ledger_settlement", "job_id", where=SETTLEMENT, unique=True),
        _partial(
            "uq_ledger_bonus_reservation",
            "job_id",
            "expires_on",
            where=BONUS_RESERVATION,
            unique=True,
        ),
        _partial(
            "uq_ledger_bonus_settlement",
            "job_id",
            "expires_on",
            where=BONUS_SETTLEMENT,
            unique=True,
        ),
        # A member gets what was granted to a role once.
        Index("uq_ledger_role_grant", "role_grant_id", "user_id", unique=True),
    )

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    guild_id: Mapped[int | None] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[date] = mapped_column(Date)
    kind: Mapped[LedgerKind] = mapped_column(word_of(LedgerKind, "kind"))
    amount: Mapped[int]
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(FreeText)
    job_id: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    expires_on: Mapped[date | None] = mapped_column(Date)
    role_grant_id: Mapped[int | None] = mapped_column(BigInteger)


class OutboxRow(Base):
    """The outcome of a job that its member is to be told; one a job."""

    __tablename__ = "outbox"
    __table_args__ = (_partial("ix_outbox_due", "due_at", where=PENDING),)

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), unique=True)
    kind: Mapped[JobStatus] = mapped_column(word_of(JobStatus, "kind"))
    state: Mapped[DeliveryState] = mapped_column(word_of(DeliveryState, "state"))
    attempts: Mapped[int]
    last_error: Mapped[str | None] = mapped_column(FreeText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    post_begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    holder: Mapped[str | None] = mapped_column(String(32))


class ImageUseRow(Base):
    """That a job needs an image; an image without such a row may be deleted."""

    __tablename__ = "image_uses"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[ImageRole] = mapped_column(word_of(ImageRole, "role"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)


class GuildRow(Base):
    """What a guild chose for itself."""

    __tablename__ = "guilds"
    __table_args__ = (
        CheckConstraint("daily_quota >= 0", name="daily_quota"),
        CheckConstraint("retention_days >= 1", name="retention_days"),
    )

    guild_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    daily_quota: Mapped[int | None]
    timezone: Mapped[str] = mapped_column(String(64))
    paused: Mapped[bool]
    source_filter: Mapped[bool]
    report_channel_id: Mapped[int | None] = mapped_column(BigInteger)
    moderators_channel_id: Mapped[int | None] = mapped_column(BigInteger)
    retention_days: Mapped[int | None]


class MemberRow(Base):
    """What a member chose for themselves, in every guild."""

    __tablename__ = "members"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    opted_out: Mapped[bool]


class LookRow(Base):
    """A prompt template that was saved; ``key`` is its name without regard to case."""

    __tablename__ = "looks"
    __table_args__ = (CheckConstraint("owner_kind IN ('guild', 'member')", name="owner_kind"),)

    owner_kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    name: Mapped[str] = mapped_column(FreeText)
    template: Mapped[str] = mapped_column(FreeText)
    saved_by: Mapped[int] = mapped_column(BigInteger)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ValueRow(Base):
    """A single remembered value, such as the hash of the commands last synced."""

    __tablename__ = "stored_values"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(FreeText)
