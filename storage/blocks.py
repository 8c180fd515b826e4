"""Members who may not ask for pictures in a guild, until a time or for good."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import audit
from storage.audit import Deed
from storage.moderation_tables import BlockRow
from storage.sessions import Sessions
from storage.upsert import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A member who is blocked in a guild.

    Attributes:
        actor_id: The moderator who blocked.
        expires_at: In UTC; None for good.
    """

    guild_id: int
    user_id: int
    actor_id: int
    reason: str | None
    created_at: datetime
    expires_at: datetime | None


class Blocks:
    """Reads and writes blocks; one that has run out counts as none."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def of(self, guild_id: int, user_id: int) -> Block | None:
        """The block of a member, or None."""
        mine = select(BlockRow).where(
            BlockRow.guild_id == guild_id, BlockRow.user_id == user_id, _holds()
        )
        row = await self._sessions.look(lambda session: session.scalar(mine))
        return None if row is None else _block(row)

    async def all(self, guild_id: int) -> list[Block]:
        """All who are blocked in a guild, the newest first."""
        statement = (
            select(BlockRow)
            .where(BlockRow.guild_id == guild_id, _holds())
            .order_by(BlockRow.created_at.desc())
        )
        async with self._sessions.read() as session:
            return [_block(row) for row in await session.scalars(statement)]

    async def block(self, deed: Deed, user_id: int, expires_at: datetime | None) -> Block:
        """Block a member, in place of an older block."""
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            before, block = await set_block(session, deed, user_id, expires_at)
            audit.record(session, deed, before=shown(before), after=shown(block))
        return block

    async def unblock(self, deed: Deed, user_id: int) -> Block | None:
        """End a member's block; the block that ended, or None where there was none."""
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            row = await session.get(BlockRow, {"guild_id": deed.guild_id, "user_id": user_id})
            block = None if row is None else _block(row)
            if row is None or shown(block) == shown(None):
                return None
            await session.delete(row)
            audit.record(session, deed, before=shown(block), after=shown(None))
        return block


async def set_block(
    session: AsyncSession, deed: Deed, user_id: int, expires_at: datetime | None
) -> tuple[Block | None, Block]:
    """Block a member inside somebody else's transaction; the block before, and the new one."""
    key = {"guild_id": deed.guild_id, "user_id": user_id}
    values: dict[str, Any] = {
        "actor_id": deed.actor_id,
        "reason": deed.reason,
        "created_at": datetime.now(UTC),
        "expires_at": expires_at,
    }
    row = await session.get(BlockRow, key)
    before = None if row is None else _block(row)
    await upsert(session, BlockRow, key, values)
    return before, Block(guild_id=deed.guild_id, user_id=user_id, **values)


def _holds() -> ColumnElement[bool]:
    return or_(BlockRow.expires_at.is_(None), BlockRow.expires_at > datetime.now(UTC))


def _block(row: BlockRow) -> Block:
    return Block(
        guild_id=row.guild_id,
        user_id=row.user_id,
        actor_id=row.actor_id,
        reason=row.reason,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def shown(block: Block | None) -> dict[str, Any]:
    """As the audit log keeps it; one that has run out is shown as none."""
    if block is None or (block.expires_at is not None and block.expires_at <= datetime.now(UTC)):
        return {"blocked": False}
    until = None if block.expires_at is None else block.expires_at.isoformat()
    return {"blocked": True, "expires_at": until, "reason": block.reason}
