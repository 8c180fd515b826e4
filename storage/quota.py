"""Members' daily quotas: which day it is for a guild, what is used, and what is left."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from storage import ledger
from storage.errors import UnknownTimeZone
from storage.sessions import Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaDay:
    """One calendar day of a guild.

    Attributes:
        date: The date on the guild's own clocks.
        ends_at: The first moment of the next day there, in UTC.
    """

    date: date
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaBalance:
    """What a member may still spend on a day.

    Attributes:
        used: Credits spent or reserved, 0 or more.
        limit: Credits of the day, bonuses included.
        remaining: ``limit - used``, 0 where that is negative.
        resets_at: When the next day begins, in UTC.
    """

    used: int
    limit: int
    remaining: int
    resets_at: datetime


def time_zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name; raises ``UnknownTimeZone``."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        # OSError: the name of a folder of zones, such as "Europe".
        raise UnknownTimeZone(name) from error


def quota_day(now: datetime, tz_name: str) -> QuotaDay:
    """The day that ``now``, an aware time, falls on in a time zone.

    A day is as long as the zone makes it, 23 or 25 hours where the clocks change.

    Raises:
        UnknownTimeZone: There is no zone of that name.
    """
    zone = time_zone(tz_name)
    today = now.astimezone(zone).date()
    midnight = datetime.combine(today + timedelta(days=1), time.min, tzinfo=zone)
    ends_at = midnight.astimezone(UTC)
    if ends_at <= now:
        # Clocks that were set back across midnight pass it twice; the day ends at the second.
        ends_at = midnight.replace(fold=1).astimezone(UTC)
    return QuotaDay(date=today, ends_at=ends_at)


class QuotaLedger:
    """Reads balances off the append-only ledger."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def balance(
        self, guild_id: int | None, user_id: int, day: QuotaDay, limit: int
    ) -> QuotaBalance:
        """What a member has used on a day, and what is left.

        Args:
            guild_id: The guild whose quota it is; None for the member's direct messages.
            limit: The day's credits by the rules, before bonuses.
        """
        async with self._sessions.read() as session:
            sums = await ledger.sums(session, ledger.Account(guild_id, user_id, day.date))
        limit += sums.bonus
        return QuotaBalance(
            used=sums.used,
            limit=limit,
            remaining=max(0, limit - sums.used),
            resets_at=day.ends_at,
        )
