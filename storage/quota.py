"""Members' daily quotas: which day it is for a guild, what is used, and what is left."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from storage import audit, ledger, pots, spending
from storage.audit import Deed
from storage.errors import QuotaExceeded, UnknownTimeZone
from storage.locks import take_locks
from storage.sessions import Sessions
from storage.spending import Bonus, Spent
from storage.tables import SPENDING, LedgerRow


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
        limit: Credits of the day, bonuses included and gifts to others taken off; None is without
            limit.
        remaining: ``limit - used``, and the bonuses alone where the limit was lowered below that.
        resets_at: When the next day begins, in UTC.
    """

    used: int
    limit: int | None
    remaining: int | None
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


def day_begins(day: date, tz_name: str) -> datetime:
    """The moment, in UTC, at which a day begins in a time zone.

    Raises:
        UnknownTimeZone: There is no zone of that name.
    """
    return datetime.combine(day, time.min, tzinfo=time_zone(tz_name)).astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a member may spend at one moment in one place, all rules taken together.

    Attributes:
        allowance: Credits of ``day`` before bonuses; None is without limit.
        channel_id: Set where the channel's own allowance takes the place of the general one.
        pool: Credits of the day for all members of the guild together; None is without limit.
        max_in_flight_per_user: Jobs of the member, over all guilds, that may wait or run.
        max_in_flight_per_guild: Jobs of the guild; direct messages belong to none.
    """

    day: QuotaDay
    allowance: int | None
    channel_id: int | None = None
    pool: int | None = None
    max_in_flight_per_user: int
    max_in_flight_per_guild: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaAccount:
    """All that a member is told of their credits, as it was at one moment.

    Attributes:
        spent: Where credits of the day went, the most first, out of whatever pot.
        bonuses: Bonus credits that can still be spent, the soonest to expire first.
    """

    balance: QuotaBalance
    spent: tuple[Spent, ...]
    bonuses: tuple[Bonus, ...]


class QuotaLedger:
    """Balances read off the append-only ledger, and every movement of it that no job makes."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def balance(self, guild_id: int | None, user_id: int, terms: Terms) -> QuotaBalance:
        """What a member has used on a day, and what is left.

        Args:
            guild_id: The guild whose quota it is; None for the member's direct messages.
        """
        account = _account(guild_id, user_id, terms)
        sums = await self._sessions.look(lambda it: pots.sums(it.connection(), account))
        return balance_of(sums, terms)

    async def account(self, guild_id: int | None, user_id: int, terms: Terms) -> QuotaAccount:
        """The balance, with where credits of the day went and which bonuses are left."""
        whose = _account(guild_id, user_id, terms)

        def work(session: Session) -> QuotaAccount:
            connection = session.connection()
            return QuotaAccount(
                balance=balance_of(pots.sums(connection, whose), terms),
                spent=tuple(spending.spent(connection, whose)),
                bonuses=tuple(spending.bonuses(connection, whose)),
            )

        return await self._sessions.look(work)

    async def grant(
        self, deed: Deed, user_id: int, day: QuotaDay, *, amount: int, expires_on: date
    ) -> None:
        """Give a member bonus credits that can be spent up to and on ``expires_on``."""
        account = pots.Account(deed.guild_id, user_id, day.date)
        after = {"amount": amount, "expires_on": expires_on.isoformat()}
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            await session.run_sync(
                lambda it: ledger.grant(
                    it.connection(),
                    account,
                    amount=amount,
                    expires_on=expires_on,
                    actor_id=deed.actor_id,
                    reason=deed.reason or "granted",
                    now=datetime.now(UTC),
                )
            )
            audit.record(session, deed, before={}, after=after)

    async def give(
        self, guild_id: int, user_id: int, terms: Terms, *, amount: int, receiver_id: int
    ) -> None:
        """Move credits from one member to another, out of the pots and in the order of spending.

        Raises:
            QuotaExceeded: The giver has fewer; of an allowance without limit none can be given.
        """
        account = _account(guild_id, user_id, terms)
        now = datetime.now(UTC)

        def work(connection: Connection) -> None:
            take_locks(connection, user_id, guild_id)
            if not ledger.give(
                connection,
                account,
                allowance=terms.allowance,
                amount=amount,
                receiver_id=receiver_id,
                now=now,
            ):
                raise exceeded(connection, account, terms, amount)

        await self._sessions.transact(work)

    async def reset(self, deed: Deed, day: QuotaDay, *, user_ids: Collection[int] | None) -> int:
        """Let the day's count begin again for some members, or for a whole guild (None).

        Jobs that wait or run stay counted, and so does what was spent of the guild's pool.

        Returns:
            Credits given back.
        """
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            given_back = await session.run_sync(
                lambda it: ledger.reset(
                    it.connection(),
                    deed.guild_id,
                    day.date,
                    user_ids=user_ids,
                    actor_id=deed.actor_id,
                    reason=deed.reason or "reset",
                    now=datetime.now(UTC),
                )
            )
            before = {"day": day.date.isoformat(), "given_back": given_back}
            audit.record(session, deed, before=before, after={"used": 0})
        return given_back

    async def spenders(self, guild_id: int, day: QuotaDay) -> list[int]:
        """The members who have spent anything in a guild on a day."""
        row = LedgerRow
        statement = (
            select(row.user_id)
            .where(row.guild_id == guild_id, row.day == day.date, SPENDING)
            .distinct()
        )
        async with self._sessions.read() as session:
            return list(await session.scalars(statement))


def balance_of(sums: pots.Sums, terms: Terms) -> QuotaBalance:
    """What a member is shown of what the ledger's rows come to."""
    used = sums.used + sums.bonus_used
    if terms.allowance is None:
        return QuotaBalance(used=used, limit=None, remaining=None, resets_at=terms.day.ends_at)
    return QuotaBalance(
        used=used,
        limit=terms.allowance - sums.given + sums.bonus_used + sums.bonus_left,
        remaining=max(0, terms.allowance - sums.given - sums.used) + sums.bonus_left,
        resets_at=terms.day.ends_at,
    )


def exceeded(
    connection: Connection, account: pots.Account, terms: Terms, cost: int, done: int = 0
) -> QuotaExceeded:
    """The error that says how far an account's credits reach.

    Args:
        done: Credits that this transaction took, to be given back with it.
    """
    balance = balance_of(pots.sums(connection, account), terms)
    return QuotaExceeded(balance.used - done, balance.limit or 0, terms.day.ends_at, cost)


def _account(guild_id: int | None, user_id: int, terms: Terms) -> pots.Account:
    return pots.Account(guild_id, user_id, terms.day.date, terms.channel_id)
