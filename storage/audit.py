"""The audit log: every deed of a moderator, written in the transaction that does it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.locks import lock_guild
from storage.moderation_tables import AuditRow, TargetKind
from storage.sessions import Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a moderator does, before it is done.

    Attributes:
        action: One word or two, such as ``block``; at most 32 characters.
        target_id: Which member, role, channel, job, filter or look; None for the guild itself.
        reason: The moderator's own words, or None.
    """

    guild_id: int
    actor_id: int
    action: str
    target_kind: TargetKind = TargetKind.GUILD
    target_id: int | str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A deed as it was done.

    Attributes:
        before: What stood before, only what the deed changed.
        after: What stands since.
    """

    id: int
    guild_id: int
    actor_id: int
    action: str
    target_kind: TargetKind
    target_id: str | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    reason: str | None
    created_at: datetime


class AuditLog:
    """Reads the log; it is written by ``record`` alone."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def page(
        self,
        guild_id: int,
        *,
        limit: int,
        older_than: int | None = None,
        actor_id: int | None = None,
        action: str | None = None,
        target_kind: TargetKind | None = None,
        target_id: int | str | None = None,
    ) -> list[AuditEntry]:
        """At most ``limit`` entries of a guild, the newest first.

        Args:
            older_than: Only entries with a smaller id, for the next page.
        """
        wanted = {
            AuditRow.actor_id: actor_id,
            AuditRow.action: action,
            AuditRow.target_kind: target_kind,
            AuditRow.target_id: None if target_id is None else str(target_id),
        }
        statement = select(AuditRow).where(AuditRow.guild_id == guild_id)
        for column, value in wanted.items():
            if value is not None:
                statement = statement.where(column == value)
        if older_than is not None:
            statement = statement.where(AuditRow.id < older_than)
        async with self._sessions.read() as session:
            rows = await session.scalars(statement.order_by(AuditRow.id.desc()).limit(limit))
            return [_entry(row) for row in rows]

    async def write(
        self, deed: Deed, *, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> None:
        """Write down a deed that was done in Discord alone."""
        await self._sessions.transact(
            lambda connection: record_by(connection, deed, before=before, after=after)
        )


@asynccontextmanager
async def deciding(sessions: Sessions, guild_id: int) -> AsyncIterator[AsyncSession]:
    """A transaction in which nobody else decides for this guild, so that "before" is true."""
    async with sessions.write() as session:
        await lock_guild(session, guild_id)
        yield session


def record(
    session: AsyncSession, deed: Deed, *, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """Write ``deed`` down, inside the transaction that does it.

    Args:
        before: JSON of what the deed changed, as it was.
        after: The same as it is now.
    """
    session.add(AuditRow(**_row(deed, before, after)))


def record_by(
    connection: Connection, deed: Deed, *, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """As ``record``, where the transaction is a connection's."""
    connection.execute(insert(AuditRow).values(_row(deed, before, after)))


def _row(deed: Deed, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "guild_id": deed.guild_id,
        "actor_id": deed.actor_id,
        "action": deed.action,
        "target_kind": deed.target_kind,
        "target_id": None if deed.target_id is None else str(deed.target_id),
        "before": dict(before),
        "after": dict(after),
        "reason": deed.reason,
        "created_at": datetime.now(UTC),
    }


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        guild_id=row.guild_id,
        actor_id=row.actor_id,
        action=row.action,
        target_kind=row.target_kind,
        target_id=row.target_id,
        before=row.before,
        after=row.after,
        reason=row.reason,
        created_at=row.created_at,
    )
