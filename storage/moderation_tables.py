"""The tables of moderation: what moderators decided, whom it binds, and the log of their deeds."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import FreeText, RowNumber, UtcDateTime, word_of
from storage.tables import Base

UNDECIDED = text("decision IS NULL")


class TargetKind(StrEnum):
    """What a moderator's deed is about."""

    GUILD = "guild"
    MEMBER = "member"
    ROLE = "role"
    CHANNEL = "channel"
    JOB = "job"
    FILTER = "filter"
    LOOK = "look"


class SpoilerRule(StrEnum):
    """Whether results in a channel are hidden until clicked: as the member asks, or always."""

    CHOICE = "choice"
    ALWAYS = "always"


class FilterKind(StrEnum):
    """How a prompt filter is read: as whole words, or as a regular expression."""

    WORDS = "words"
    REGEX = "regex"


class CaseKind(StrEnum):
    """Who asks for a decision: a member, or the content check about a source or a result."""

    REPORT = "report"
    SOURCE = "source"
    RESULT = "result"


class Decision(StrEnum):
    """What a moderator may decide: the first four of a report, the last two of a doubted picture.

    REMOVE deletes message and pictures, BLOCK blocks the member as well, REFUND gives the price
    back, DISMISS does nothing; ALLOW shows a doubted picture, REFUSE does not.
    """

    REMOVE = "remove"
    BLOCK = "block"
    REFUND = "refund"
    DISMISS = "dismiss"
    ALLOW = "allow"
    REFUSE = "refuse"


class AuditRow(Base):
    """One deed of a moderator. Triggers refuse every UPDATE and DELETE."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_guild", "guild_id", "id"),
        Index("ix_audit_log_target", "guild_id", "target_kind", "target_id"),
    )

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    actor_id: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(String(32))
    target_kind: Mapped[TargetKind] = mapped_column(word_of(TargetKind, "target_kind"))
    target_id: Mapped[str | None] = mapped_column(String(64))
    before: Mapped[Mapping[str, Any]] = mapped_column(JSON)
    after: Mapped[Mapping[str, Any]] = mapped_column(JSON)
    reason: Mapped[str | None] = mapped_column(FreeText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BlockRow(Base):
    """That a member may not ask for pictures in a guild, until a time or for good."""

    __tablename__ = "blocks"

    guild_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    actor_id: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(FreeText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ChannelRuleRow(Base):
    """What holds in one channel of a guild, and so in the threads below it."""

    __tablename__ = "channel_rules"

    guild_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    channel_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    allowed: Mapped[bool]
    nsfw_allowed: Mapped[bool]
    spoiler: Mapped[SpoilerRule] = mapped_column(word_of(SpoilerRule, "spoiler"))


class AllowedRoleRow(Base):
    """A role whose members may ask for pictures; a guild without such a row allows everybody."""

    __tablename__ = "allowed_roles"

    guild_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    role_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class PromptFilterRow(Base):
    """Words or an expression that no prompt in a guild may contain."""

    __tablename__ = "prompt_filters"
    __table_args__ = (Index("ix_prompt_filters_guild_id", "guild_id"),)

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[FilterKind] = mapped_column(word_of(FilterKind, "kind"))
    pattern: Mapped[str] = mapped_column(FreeText)


class RefusalRow(Base):
    """A wish that a rule refused, for the moderators' count of them."""

    __tablename__ = "refusals"
    __table_args__ = (Index("ix_refusals_guild_time", "guild_id", "created_at"),)

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    guild_id: Mapped[int | None] = mapped_column(BigInteger)
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger, index=True)
    reason: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseRow(Base):
    """Something that a moderator is to decide; its columns are the fields of ``cases.Case``.

    ``job_id`` is no foreign key: a decision outlives the job that it was about.
    """

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_job_id", "job_id"),
        Index("ix_cases_open", "created_at", sqlite_where=UNDECIDED, postgresql_where=UNDECIDED),
    )

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    guild_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[CaseKind] = mapped_column(word_of(CaseKind, "kind"))
    job_id: Mapped[str | None] = mapped_column(String(32))
    member_id: Mapped[int] = mapped_column(BigInteger)
    reporter_id: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(FreeText)
    payload: Mapped[Mapping[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    locale: Mapped[str] = mapped_column(String(16))
    channel_id: Mapped[int] = mapped_column(BigInteger)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decision: Mapped[Decision | None] = mapped_column(word_of(Decision, "decision"))
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reporter_waits: Mapped[bool] = mapped_column(server_default=false())
    posted: Mapped[bool] = mapped_column(server_default=true())
    card_channel_id: Mapped[int | None] = mapped_column(BigInteger)
    card_message_id: Mapped[int | None] = mapped_column(BigInteger)
