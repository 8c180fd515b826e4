"""What each guild chose for itself."""

from dataclasses import dataclass

from storage.quota import time_zone
from storage.sessions import Sessions
from storage.tables import GuildRow
from storage.upsert import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Guild:
    """A guild's own rules.

    Attributes:
        daily_quota: Credits a member has a day, or None for the operator's default.
        timezone: IANA name; the guild's day turns at midnight there.
    """

    guild_id: int
    daily_quota: int | None = None
    timezone: str = "UTC"


class Guilds:
    """Reads and writes guilds' rules."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def get(self, guild_id: int) -> Guild:
        """The rules of a guild; defaults for one that chose nothing."""
        async with self._sessions.read() as session:
            row = await session.get(GuildRow, guild_id)
        if row is None:
            return Guild(guild_id=guild_id)
        return Guild(guild_id=guild_id, daily_quota=row.daily_quota, timezone=row.timezone)

    async def put(self, guild: Guild) -> None:
        """Write all rules of a guild.

        Raises:
            UnknownTimeZone: There is no zone of that name.
            DatabaseRefused: The quota is negative.
        """
        time_zone(guild.timezone)
        async with self._sessions.write() as session:
            await upsert(
                session,
                GuildRow,
                {"guild_id": guild.guild_id},
                {"daily_quota": guild.daily_quota, "timezone": guild.timezone},
            )
