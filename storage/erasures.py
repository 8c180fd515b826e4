"""Messages of the bot's that are still to be deleted from Discord, kept until they are gone.

What makes a message one that must go puts it here in its own transaction, so that neither a crash
nor an outage of Discord's leaves it standing.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.message_tables import ErasureRow
from storage.sessions import Sessions

# SQLite takes 32,766 values in one statement, and PostgreSQL about as many; a row has five.
AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """A message that is to be deleted.

    Attributes:
        attempts: Tries that failed so far.
    """

    message_id: int
    channel_id: int
    attempts: int
    created_at: datetime


class Erasures:
    """What is left to delete. To delete one message twice does no harm."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def take(
        self, now: datetime, limit: int, *, hold_s: float = 0.0, only: Collection[int] = ()
    ) -> list[Erasure]:
        """At most ``limit`` messages whose time has come, the longest due first.

        Args:
            hold_s: For so long nobody else is given them, where others take from here, too.
            only: Ids of messages; without any, all are meant.
        """
        due = ErasureRow.due_at <= now
        wanted = select(ErasureRow.message_id).where(due)
        if only:
            wanted = wanted.where(ErasureRow.message_id.in_(only))
        wanted = wanted.order_by(ErasureRow.due_at).limit(limit)
        # Looked for first, since there mostly are none, and to look is quicker than to write.
        found = await self._sessions.look(lambda session: session.scalars(wanted).all())
        if not found:
            return []
        held = (
            update(ErasureRow)
            .where(ErasureRow.message_id.in_(found), due)
            .values(due_at=now + timedelta(seconds=hold_s))
            .returning(ErasureRow.__table__)
        )
        rows = await self._sessions.transact(lambda connection: connection.execute(held).all())
        return [
            Erasure(
                message_id=row.message_id,
                channel_id=row.channel_id,
                attempts=row.attempts,
                created_at=row.created_at,
            )
            for row in rows
        ]

    async def done(self, message_id: int) -> None:
        """The message is gone, or given up."""
        statement = delete(ErasureRow).where(ErasureRow.message_id == message_id)
        await self._sessions.transact(lambda connection: connection.execute(statement))

    async def postpone(self, message_id: int, until: datetime, reason: str) -> None:
        """A try failed; it is due again at ``until``."""
        statement = (
            update(ErasureRow)
            .where(ErasureRow.message_id == message_id)
            .values(attempts=ErasureRow.attempts + 1, due_at=until, last_error=reason)
        )
        await self._sessions.transact(lambda connection: connection.execute(statement))

    async def next_due_at(self) -> datetime | None:
        """When the next is due; None where nothing is left to delete."""
        statement = select(func.min(ErasureRow.due_at))
        return await self._sessions.look(lambda session: session.scalars(statement).one())

    async def left(self, message_ids: Collection[int] = ()) -> int:
        """How many of these messages, or without any of all, are still to be deleted."""
        statement = select(func.count()).select_from(ErasureRow)
        if message_ids:
            statement = statement.where(ErasureRow.message_id.in_(message_ids))
        return await self._sessions.look(lambda session: session.scalars(statement).one())


def erase(connection: Connection, messages: Iterable[tuple[int, int]], now: datetime) -> None:
    """Have messages deleted, inside the transaction that decides so.

    Args:
        messages: Ids of channel and message.
    """
    rows = [
        {
            "message_id": message_id,
            "channel_id": channel_id,
            "attempts": 0,
            "created_at": now,
            "due_at": now,
        }
        for channel_id, message_id in dict.fromkeys(messages)
    ]
    on_postgres = connection.dialect.name == "postgresql"
    insert = postgresql.insert if on_postgres else sqlite.insert
    for at in range(0, len(rows), AT_ONCE):
        statement = insert(ErasureRow).values(rows[at : at + AT_ONCE])
        connection.execute(statement.on_conflict_do_nothing())
