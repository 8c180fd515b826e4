"""Which wishes were refused and why, so that moderators can see it counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select

from storage.moderation_tables import RefusalRow
from storage.sessions import Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A wish that a rule refused.

    Attributes:
        guild_id: None for a direct message.
        reason: One word of the bot's, at most 32 characters.
    """

    guild_id: int | None
    channel_id: int | None
    user_id: int
    reason: str


class Refusals:
    """Remembers and counts refusals."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def record(self, refusal: Refusal) -> None:
        """Remember a refusal of this moment."""
        async with self._sessions.write() as session:
            session.add(
                RefusalRow(
                    guild_id=refusal.guild_id,
                    channel_id=refusal.channel_id,
                    user_id=refusal.user_id,
                    reason=refusal.reason,
                    created_at=datetime.now(UTC),
                )
            )

    async def counts(self, guild_id: int, since: datetime) -> Mapping[str, int]:
        """How many wishes a guild's rules refused since a time, by reason."""
        statement = (
            select(RefusalRow.reason, func.count())
            .where(RefusalRow.guild_id == guild_id, RefusalRow.created_at >= since)
            .group_by(RefusalRow.reason)
        )
        async with self._sessions.read() as session:
            rows = (await session.execute(statement)).all()
        return {row[0]: row[1] for row in rows}
