"""Each guild's quota rules: allowances, one policy, and bonus credits for roles."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    exists,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session

from storage import audit
from storage.audit import Deed
from storage.locks import take_locks
from storage.quota import QuotaDay, quota_day
from storage.quota_tables import AllowanceRow, AllowanceScope, PolicyRow, RoleGrantRow
from storage.sessions import Sessions
from storage.tables import GuildRow, LedgerKind, LedgerRow
from storage.upsert import upsert

HOUR_S = 3600
# As a guild's default: without limit. The column is a number, and its largest means just that.
UNLIMITED = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A guild's rules that hold for all its members; None is the operator's default.

    Attributes:
        pool: Credits that all members together may spend a day; None is without limit.
        new_member_wait_s: How long after joining a member has to wait, in seconds.
        price_large: Factor of the price of large pictures; the others likewise.
        vote_role_id: Members with this role vote on requests for more credits; None: nobody does.
        votes_needed: Approvals that decide a request.
        vote_window_s: How long after a request votes are taken, in seconds.
    """

    pool: int | None = None
    new_member_wait_s: int = 0
    max_in_flight_per_user: int | None = None
    max_in_flight_per_guild: int | None = None
    price_large: int | None = None
    price_huge: int | None = None
    price_many: int | None = None
    price_very_many: int | None = None
    vote_role_id: int | None = None
    votes_needed: int = 3
    vote_window_s: int = 24 * HOUR_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Credits a day that a rule gives; None is without limit."""

    scope: AllowanceScope
    target_id: int
    credits: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a guild's rules say to one member in one channel.

    Attributes:
        day: The guild's day.
        daily_quota: The guild's default, or None for the operator's.
        allowances: Those that the member meets: by roles, by the channel, and of their own.
        role_grants: Ids of grants to the member's roles that the member has not got yet.
    """

    day: QuotaDay
    daily_quota: int | None = None
    policy: Policy = field(default_factory=Policy)
    allowances: tuple[Allowance, ...] = ()
    role_grants: tuple[int, ...] = ()


class QuotaRules:
    """Reads and writes guilds' quota rules."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def rules_for(
        self,
        guild_id: int,
        user_id: int,
        role_ids: Collection[int],
        channel_id: int | None,
        now: datetime,
    ) -> Rules:
        """The rules that a member with these roles meets in a channel."""

        def work(session: Session) -> Rules:
            row = session.execute(_guild_statement(), {"its_guild": guild_id}).one()
            guild, policy = row[0], row[1]
            day = quota_day(now, guild.timezone if guild else "UTC")
            allowances: tuple[Allowance, ...] = ()
            if row.has_allowances:
                mine = _met_by(guild_id, user_id, role_ids, channel_id)
                allowances = tuple(
                    _allowance(it) for it in session.scalars(select(AllowanceRow).where(mine))
                )
            grants: tuple[int, ...] = ()
            if row.has_role_grants:
                to_get = _grants_to_get(guild_id, user_id, role_ids, day.date)
                grants = tuple(session.scalars(to_get))
            return Rules(
                day=day,
                daily_quota=guild.daily_quota if guild else None,
                policy=_policy(policy),
                allowances=allowances,
                role_grants=grants,
            )

        return await self._sessions.look(work)

    async def policy(self, guild_id: int) -> Policy:
        """A guild's policy; the defaults for one that chose nothing."""
        async with self._sessions.read() as session:
            return _policy(await session.get(PolicyRow, guild_id))

    async def change_policy(self, deed: Deed, **changes: Any) -> Policy:
        """Set some of a guild's policy, named as the fields of ``Policy``, and write that down.

        Raises:
            DatabaseRefused: A number is negative.
        """
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            before = _policy(await session.get(PolicyRow, deed.guild_id))
            after = replace(before, **changes)
            if after != before:
                await upsert(session, PolicyRow, {"guild_id": deed.guild_id}, asdict(after))
                shown = {name: getattr(before, name) for name in changes}
                audit.record(session, deed, before=shown, after=changes)
        return after

    async def allowances(self, guild_id: int) -> list[Allowance]:
        """All allowances of a guild, by scope and target."""
        row = AllowanceRow
        statement = select(row).where(row.guild_id == guild_id).order_by(row.scope, row.target_id)
        async with self._sessions.read() as session:
            return [_allowance(found) for found in await session.scalars(statement)]

    async def set_allowance(self, deed: Deed, allowance: Allowance) -> None:
        """Write the allowance of a role, a member or a channel in place of an older one."""
        key = {
            "guild_id": deed.guild_id,
            "scope": allowance.scope,
            "target_id": allowance.target_id,
        }
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            row = await session.get(AllowanceRow, key)
            before = _shown(None if row is None else _allowance(row))
            await upsert(session, AllowanceRow, key, {"credits": allowance.credits})
            audit.record(session, deed, before=before, after=_shown(allowance))

    async def drop_allowance(self, deed: Deed, scope: AllowanceScope, target_id: int) -> bool:
        """Take an allowance away; whether there was one."""
        key = {"guild_id": deed.guild_id, "scope": scope, "target_id": target_id}
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            row = await session.get(AllowanceRow, key)
            if row is None:
                return False
            before = _shown(_allowance(row))
            await session.delete(row)
            audit.record(session, deed, before=before, after=_shown(None))
        return True

    async def grant_role(self, deed: Deed, role_id: int, *, amount: int, expires_on: date) -> None:
        """Give bonus credits to whoever has a role until they expire."""
        async with audit.deciding(self._sessions, deed.guild_id) as session:
            session.add(
                RoleGrantRow(
                    guild_id=deed.guild_id,
                    role_id=role_id,
                    amount=amount,
                    expires_on=expires_on,
                    actor_id=deed.actor_id,
                    reason=deed.reason or "granted",
                    created_at=datetime.now(UTC),
                )
            )
            after = {"amount": amount, "expires_on": expires_on.isoformat()}
            audit.record(session, deed, before={}, after=after)

    async def get_role_grants(self, guild_id: int, user_id: int, rules: Rules) -> None:
        """Write a member's part of grants to roles into the ledger; each once, whoever asks."""
        row = RoleGrantRow
        columns = {
            "guild_id": row.guild_id,
            "user_id": literal(user_id, LedgerRow.user_id.type),
            "day": literal(rules.day.date, LedgerRow.day.type),
            "kind": literal(LedgerKind.GRANT, LedgerRow.kind.type),
            "amount": row.amount,
            "actor_id": row.actor_id,
            "reason": row.reason,
            "created_at": literal(datetime.now(UTC), LedgerRow.created_at.type),
            "expires_on": row.expires_on,
            "role_grant_id": row.id,
        }

        def work(connection: Connection) -> None:
            take_locks(connection, user_id, None)
            for grant_id in rules.role_grants:
                found = select(*columns.values()).where(
                    row.id == grant_id, row.guild_id == guild_id, ~_got(user_id)
                )
                connection.execute(insert(LedgerRow).from_select(list(columns), found))

        await self._sessions.transact(work)


@cache
def _guild_statement() -> Select[GuildRow | None, PolicyRow | None, bool, bool]:
    """One row in any case, with what the guild has of its own."""
    guild_id = bindparam("its_guild", type_=BigInteger())
    one = select(guild_id.label("guild_id")).subquery()
    return (
        select(
            GuildRow,
            PolicyRow,
            exists().where(AllowanceRow.guild_id == guild_id).label("has_allowances"),
            exists().where(RoleGrantRow.guild_id == guild_id).label("has_role_grants"),
        )
        .select_from(one)
        .join(GuildRow, GuildRow.guild_id == one.c.guild_id, isouter=True)
        .join(PolicyRow, PolicyRow.guild_id == one.c.guild_id, isouter=True)
    )


def _met_by(
    guild_id: int, user_id: int, role_ids: Collection[int], channel_id: int | None
) -> ColumnElement[bool]:
    row = AllowanceRow
    return (row.guild_id == guild_id) & or_(
        (row.scope == AllowanceScope.ROLE) & row.target_id.in_(role_ids),
        (row.scope == AllowanceScope.MEMBER) & (row.target_id == user_id),
        (row.scope == AllowanceScope.CHANNEL) & (row.target_id == channel_id),
    )


def _grants_to_get(
    guild_id: int, user_id: int, role_ids: Collection[int], today: date
) -> Select[int]:
    row = RoleGrantRow
    return select(row.id).where(
        row.guild_id == guild_id,
        row.role_id.in_(role_ids),
        row.expires_on >= today,
        ~_got(user_id),
    )


def _got(user_id: int) -> ColumnElement[bool]:
    return exists().where(LedgerRow.role_grant_id == RoleGrantRow.id, LedgerRow.user_id == user_id)


def _allowance(row: AllowanceRow) -> Allowance:
    return Allowance(scope=row.scope, target_id=row.target_id, credits=row.credits)


def _shown(allowance: Allowance | None) -> dict[str, Any]:
    """As the audit log keeps it."""
    if allowance is None:
        return {"allowance": "default"}
    return {"allowance": "unlimited" if allowance.credits is None else allowance.credits}


def _policy(row: PolicyRow | None) -> Policy:
    if row is None:
        return Policy()
    return Policy(**{it.name: getattr(row, it.name) for it in fields(Policy)})
