"""What each guild chose for itself."""

from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy.orm import Session

from storage import audit
from storage.audit import Deed
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
        paused: Nobody may ask for pictures there for now.
        source_filter: Sources that the content check refuses are refused.
        report_channel_id: Where reports and doubtful pictures go; None for nowhere.
        moderators_channel_id: Where members' requests to the moderators go; None for nowhere.
        retention_days: Pictures are kept for so long, 1 or more; None for the operator's default.
    """

    guild_id: int
    daily_quota: int | None = None
    timezone: str = "UTC"
    paused: bool = False
    source_filter: bool = True
    report_channel_id: int | None = None
    moderators_channel_id: int | None = None
    retention_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A guild before and after a deed; the two are equal where it changed nothing."""

    before: Guild
    after: Guild


COLUMNS = tuple(field.name for field in fields(Guild))


class Guilds:
    """Reads and writes guilds' rules."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def get(self, guild_id: int) -> Guild:
        """The rules of a guild; defaults for one that chose nothing."""
        return await self._sessions.look(lambda session: find_guild(session, guild_id))

    async def change(self, deed: Deed, **changes: Any) -> Change:
        """Set some of a guild's rules, named as the fields of ``Guild``, and write that down.

        A deed that changes nothing is not written down.

        Raises:
            UnknownTimeZone: There is no zone of that name.
            DatabaseRefused: The quota is negative, or the retention less than a day.
        """
        if "timezone" in changes:
            time_zone(changes["timezone"])
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            before = await session.run_sync(find_guild, deed.guild_id)
            after = replace(before, **changes)
            if after != before:
                values = {name: getattr(after, name) for name in COLUMNS if name != "guild_id"}
                await upsert(session, GuildRow, {"guild_id": deed.guild_id}, values)
                changed = [name for name in changes if getattr(before, name) != changes[name]]
                audit.record(
                    session,
                    deed,
                    before={name: getattr(before, name) for name in changed},
                    after={name: getattr(after, name) for name in changed},
                )
        return Change(before=before, after=after)


def find_guild(session: Session, guild_id: int) -> Guild:
    """The rules of a guild, as seen inside a transaction."""
    row = session.get(GuildRow, guild_id)
    if row is None:
        return Guild(guild_id=guild_id)
    return Guild(**{name: getattr(row, name) for name in COLUMNS})
