"""The movements of credits, as statements inside somebody else's transaction.

Every member has pots: the allowance of a day, a channel's own allowance of a day where the guild
gave it one, and bonus credits by the last day on which they can be spent. What is spent comes out
of the allowance first, since it is gone at midnight, then out of the bonus that expires soonest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    insert,
    literal,
    null,
    select,
    true,
    union_all,
)

from storage.tables import (
    BONUS_RESERVATION,
    RESERVATION,
    SPENDING,
    Base,
    LedgerKind,
    LedgerRow,
)

BONUS_KINDS = (LedgerKind.GRANT, LedgerKind.GIFT)
LEDGER = Base.metadata.tables["ledger"]


@dataclass(frozen=True, slots=True)
class Account:
    """A member's credits of one day in one guild, or in direct messages (``guild_id`` None).

    Attributes:
        channel_id: Set where a channel's own allowance takes the place of the general one.
    """

    guild_id: int | None
    user_id: int
    day: date
    channel_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What an account's rows come to.

    Attributes:
        used: Credits of the day's allowance in use.
        given: Credits of the day's allowance given away.
        bonus_used: Bonus credits in use since the day began.
        bonus_left: Bonus credits that can still be spent.
    """

    used: int
    given: int
    bonus_used: int
    bonus_left: int


def sums_of(account: Account) -> Select[int, int, int, int]:
    """The statement that adds up an account's rows; its columns are the fields of ``Sums``."""
    row, allowance = LedgerRow, LedgerRow.expires_on.is_(None) & _in_channel(account)
    gift = row.kind == LedgerKind.GIFT

    def minus(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return -func.coalesce(func.sum(case((condition, row.amount), else_=0)), 0)

    bonus_moved = row.expires_on.is_not(None) & SPENDING
    return select(
        minus(allowance & ~gift).label("used"),
        minus(allowance & gift).label("given"),
        minus(bonus_moved).label("bonus_used"),
        select(func.coalesce(func.sum(row.amount), 0))
        .where(_whose(account), row.expires_on >= account.day)
        .scalar_subquery()
        .label("bonus_left"),
    ).where(_whose(account), row.day == account.day)


def reserve(
    connection: Connection,
    account: Account,
    *,
    allowance: int | None,
    cost: int,
    job_id: str,
    now: datetime,
    conditions: Sequence[ColumnElement[bool]] = (),
) -> bool:
    """Take ``cost`` credits for a job in one statement; False when that may not be.

    Two transactions at once could both count the same last credit, so the caller must hold
    ``sessions.take_locks`` for the account.

    Args:
        allowance: The day's credits by the rules; None is without limit.
        conditions: What else must hold, as seen by the same statement.
    """
    pots = _pots(account, literal(cost) if allowance is None else allowance + _moved(account))
    values = _values(
        account,
        kind=LedgerKind.RESERVE,
        amount=-_taken(pots, cost),
        actor_id=account.user_id,
        reason="job submitted",
        job_id=job_id,
        created_at=now,
    )
    # The allowance's row is written even if it takes nothing: it stands for the charge.
    return bool(_take(connection, pots, values, cost, pots.c.turn == 0, *conditions))


def give(
    connection: Connection,
    account: Account,
    *,
    allowance: int | None,
    amount: int,
    receiver_id: int,
    now: datetime,
) -> bool:
    """Move ``amount`` credits to another member of the guild; False when they do not reach.

    They keep their life: what comes out of today's allowance can be spent today only. Of an
    allowance without limit nothing can be given. The caller must hold ``sessions.take_locks``.
    """
    pots = _pots(account, literal(0) if allowance is None else allowance + _moved(account))
    values = _values(
        account,
        kind=LedgerKind.GIFT,
        amount=-_taken(pots, amount),
        actor_id=account.user_id,
        reason=f"gift to {receiver_id}",
        created_at=now,
    )
    taken = _take(connection, pots, values, amount, None, pots.c.left > 0)
    if not taken:
        return False
    connection.execute(
        insert(LEDGER),
        [
            {
                "guild_id": account.guild_id,
                "user_id": receiver_id,
                "day": account.day,
                "kind": LedgerKind.GIFT,
                "amount": -credits_taken,
                "actor_id": account.user_id,
                "reason": f"gift from {account.user_id}",
                "created_at": now,
                "expires_on": account.day if expires_on is None else expires_on,
            }
            for credits_taken, expires_on in taken
        ],
    )
    return True


def grant(
    connection: Connection,
    account: Account,
    *,
    amount: int,
    expires_on: date,
    actor_id: int | None,
    reason: str,
    now: datetime,
) -> None:
    """Give a member bonus credits that can be spent up to and on ``expires_on``."""
    connection.execute(
        insert(LEDGER).values(
            guild_id=account.guild_id,
            user_id=account.user_id,
            day=account.day,
            kind=LedgerKind.GRANT,
            amount=amount,
            actor_id=actor_id,
            reason=reason,
            created_at=now,
            expires_on=expires_on,
        )
    )


def settle(connection: Connection, job_id: str, *, kept: bool, reason: str, now: datetime) -> None:
    """Keep what a job reserved, or give it back to the pots that it came from."""
    row = LedgerRow
    amount: ColumnElement[int] = literal(0) if kept else -row.amount
    kind = LedgerKind.COMMIT if kept else LedgerKind.REFUND
    columns: dict[str, Any] = {
        "guild_id": row.guild_id,
        "user_id": row.user_id,
        "day": row.day,
        "kind": _literal("kind", kind),
        "amount": amount,
        "actor_id": _literal("actor_id", None),
        "reason": _literal("reason", reason),
        "job_id": row.job_id,
        "created_at": _literal("created_at", now),
        "channel_id": row.channel_id,
        "expires_on": row.expires_on,
    }
    # Two halves, so that each can be found by its own partial index. A commit moves nothing, so
    # one row of it is enough.
    halves = (RESERVATION,) if kept else (RESERVATION, BONUS_RESERVATION)
    found = union_all(
        *(select(*columns.values()).where(row.job_id == job_id, half) for half in halves)
    )
    connection.execute(insert(LEDGER).from_select(list(columns), found))


def reset(
    connection: Connection,
    guild_id: int,
    day: date,
    *,
    user_id: int | None,
    actor_id: int,
    reason: str,
    now: datetime,
) -> None:
    """Let a day's count begin again for one member, or for all of a guild (``user_id`` None).

    Only what is settled is given back: a job that still waits or runs stays charged, since it may
    yet be refunded. The caller must hold ``sessions.take_locks``.
    """
    row, settled = LedgerRow, LEDGER.alias("settled")
    waits = and_(
        row.kind == LedgerKind.RESERVE,
        ~select(literal(1))
        .where(
            settled.c.job_id == row.job_id,
            settled.c.kind.in_((LedgerKind.COMMIT, LedgerKind.REFUND)),
            settled.c.expires_on.is_(None),
        )
        .exists(),
    )
    used = -func.sum(row.amount)
    columns: dict[str, Any] = {
        "guild_id": row.guild_id,
        "user_id": row.user_id,
        "day": row.day,
        "kind": _literal("kind", LedgerKind.CORRECTION),
        "amount": used,
        "actor_id": _literal("actor_id", actor_id),
        "reason": _literal("reason", reason),
        "created_at": _literal("created_at", now),
        "channel_id": row.channel_id,
    }
    found = (
        select(*columns.values())
        .where(
            row.guild_id == guild_id,
            row.day == day,
            row.expires_on.is_(None),
            row.kind != LedgerKind.GIFT,
            ~waits,
            true() if user_id is None else row.user_id == user_id,
        )
        .group_by(row.guild_id, row.user_id, row.day, row.channel_id)
        .having(used > 0)
    )
    connection.execute(insert(LEDGER).from_select(list(columns), found))


def spent_in(guild_id: int, day: date) -> ColumnElement[int]:
    """All credits spent in a guild on a day, out of whatever pot: what its pool is compared to."""
    return -(
        select(func.coalesce(func.sum(LedgerRow.amount), 0))
        .where(LedgerRow.guild_id == guild_id, LedgerRow.day == day, SPENDING)
        .scalar_subquery()
    )


def _whose(account: Account) -> ColumnElement[bool]:
    return (LedgerRow.user_id == account.user_id) & (LedgerRow.guild_id == account.guild_id)


def _in_channel(account: Account) -> ColumnElement[bool]:
    return LedgerRow.channel_id == account.channel_id


def _moved(account: Account) -> ColumnElement[int]:
    """The sum of the allowance's pot, which is what has gone out of it, below zero."""
    return (
        select(func.coalesce(func.sum(LedgerRow.amount), 0))
        .where(
            _whose(account),
            LedgerRow.day == account.day,
            LedgerRow.expires_on.is_(None),
            _in_channel(account),
        )
        .scalar_subquery()
    )


def _pots(account: Account, left: ColumnElement[int]) -> Subquery:
    """The pots in the order of spending, with what is left in each and in all before it."""
    bonus = func.sum(LedgerRow.amount)
    bonuses = (
        select(literal(1), LedgerRow.expires_on, cast(bonus, BigInteger))
        .where(_whose(account), LedgerRow.expires_on >= account.day)
        .group_by(LedgerRow.expires_on)
        .having(bonus > 0)
    )
    allowance = select(
        literal(0).label("turn"),
        cast(null(), Date).label("expires_on"),
        # Below zero where a moderator lowered the limit: then there is nothing, and no debt.
        case((left > 0, left), else_=0).label("left"),
    )
    pots = union_all(allowance, bonuses).subquery("pots")
    return select(
        pots,
        cast(
            func.sum(pots.c.left).over(order_by=[pots.c.turn, pots.c.expires_on]) - pots.c.left,
            BigInteger,
        ).label("before"),
        cast(func.sum(pots.c.left).over(), BigInteger).label("in_all"),
    ).subquery("lined_up")


def _taken(pots: Subquery, cost: int) -> ColumnElement[int]:
    """What a cost takes out of each pot in its turn."""
    rest = literal(cost) - pots.c.before
    wanted = case((rest > 0, rest), else_=0)
    return case((wanted < pots.c.left, wanted), else_=pots.c.left)


def _take(
    connection: Connection,
    pots: Subquery,
    values: dict[str, ColumnElement[Any]],
    cost: int,
    always: ColumnElement[bool] | None = None,
    *conditions: ColumnElement[bool],
) -> Sequence[Any]:
    """Write one row for each pot that is needed if all together reach; amounts and expiries."""
    values = {**values, "expires_on": pots.c.expires_on}
    needed = pots.c.before < cost
    found = select(*values.values()).where(
        pots.c.in_all >= cost, needed if always is None else needed | always, *conditions
    )
    statement = (
        insert(LEDGER)
        .from_select(list(values), found)
        .returning(LEDGER.c.amount, LEDGER.c.expires_on)
    )
    return connection.execute(statement).all()


def _values(account: Account, **values: Any) -> dict[str, ColumnElement[Any]]:
    values |= {
        "guild_id": account.guild_id,
        "user_id": account.user_id,
        "day": account.day,
        "channel_id": account.channel_id,
    }
    return {
        name: value if isinstance(value, ColumnElement) else _literal(name, value)
        for name, value in values.items()
    }


def _literal(name: str, value: Any) -> ColumnElement[Any]:
    return literal(value, LEDGER.c[name].type)
