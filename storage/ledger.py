"""The movements of credits, as statements inside somebody else's transaction.

Every member has pots: the allowance of a day, a channel's own allowance of a day where the guild
gave it one, and bonus credits by the last day on which they can be spent. What is spent comes out
of the allowance first, since it is gone at midnight, then out of the bonus that expires soonest.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Date,
    Executable,
    Select,
    Subquery,
    and_,
    bindparam,
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

# Parameters of the statements below. None may be called as a column is.
ITS_USER = bindparam("its_user", type_=LEDGER.c.user_id.type)
ITS_GUILD = bindparam("its_guild", type_=LEDGER.c.guild_id.type)
ITS_CHANNEL = bindparam("its_channel", type_=LEDGER.c.channel_id.type)
ITS_DAY = bindparam("its_day", type_=LEDGER.c.day.type)
ITS_ALLOWANCE = bindparam("its_allowance", type_=BigInteger())
ITS_COST = bindparam("its_cost", type_=BigInteger())
ITS_JOB = bindparam("its_job", type_=LEDGER.c.job_id.type)
ITS_TIME = bindparam("its_time", type_=LEDGER.c.created_at.type)

# More credits than anybody has.
MOST = 2**40


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

    @property
    def shape(self) -> "Shape":
        """Which of the statements is this account's."""
        return Shape(self.guild_id is not None, self.channel_id is not None)

    @property
    def values(self) -> dict[str, Any]:
        """Values for the parameters of its statements."""
        values: dict[str, Any] = {"its_user": self.user_id, "its_day": self.day}
        if self.guild_id is not None:
            values["its_guild"] = self.guild_id
        if self.channel_id is not None:
            values["its_channel"] = self.channel_id
        return values


class Shape(NamedTuple):
    """What of an account is a parameter; what is not is NULL, for which SQL has other words.

    Statements are built once for each shape: building these takes longer than running them.
    """

    has_guild: bool
    has_channel: bool

    @property
    def whose(self) -> ColumnElement[bool]:
        """The rows of the member in the guild."""
        return (LedgerRow.user_id == ITS_USER) & (LedgerRow.guild_id == self.guild)

    @property
    def guild(self) -> BindParameter[int] | None:
        """The guild, or NULL."""
        return ITS_GUILD if self.has_guild else None

    @property
    def channel(self) -> BindParameter[int] | None:
        """The channel whose allowance it is, or NULL."""
        return ITS_CHANNEL if self.has_channel else None

    @property
    def allowance(self) -> ColumnElement[bool]:
        """The rows of the allowance, which has a day and no other expiry."""
        return LedgerRow.expires_on.is_(None) & (LedgerRow.channel_id == self.channel)


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


def sums(connection: Connection, account: Account) -> Sums:
    """Add up an account's rows."""
    row = connection.execute(_sums(account.shape), account.values).one()
    return Sums(
        used=row.used, given=row.given, bonus_used=row.bonus_used, bonus_left=row.bonus_left
    )


@cache
def reservation(
    shape: Shape, *, limited: bool, conditions: tuple[ColumnElement[bool], ...] = ()
) -> Executable:
    """The statement that takes the credits of one job, if they reach and ``conditions`` hold.

    It returns a row for each pot that it took from; none where it took nothing. Two transactions
    at once could both count the same last credit, so ``sessions.take_locks`` must be held. Its
    parameters are the account's and ``its_cost``, ``its_job``, ``its_time``, and ``its_allowance``
    where that is ``limited``.
    """
    pots = _pots(shape, ITS_ALLOWANCE + _moved(shape) if limited else ITS_COST)
    values = {
        "kind": _literal("kind", LedgerKind.RESERVE),
        "actor_id": ITS_USER,
        "reason": _literal("reason", "job submitted"),
        "job_id": ITS_JOB,
    }
    # The allowance's row is written even if it takes nothing: it stands for the charge.
    needed = (pots.c.before < ITS_COST) | (pots.c.turn == 0)
    return _take(shape, pots, values, needed, *conditions)


@cache
def _gift(shape: Shape) -> Executable:
    pots = _pots(shape, ITS_ALLOWANCE + _moved(shape))
    values = {
        "kind": _literal("kind", LedgerKind.GIFT),
        "actor_id": ITS_USER,
        "reason": bindparam("its_reason", type_=LEDGER.c.reason.type),
        "job_id": _literal("job_id", None),
    }
    return _take(shape, pots, values, pots.c.before < ITS_COST, pots.c.left > 0)


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
    values = account.values | {
        "its_cost": amount,
        "its_time": now,
        "its_reason": f"gift to {receiver_id}",
        # Out of a pot that is below zero nothing is taken.
        "its_allowance": -MOST if allowance is None else allowance,
    }
    taken = connection.execute(_gift(account.shape), values).all()
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
                "amount": -amount_taken,
                "actor_id": account.user_id,
                "reason": f"gift from {account.user_id}",
                "created_at": now,
                "expires_on": account.day if expires_on is None else expires_on,
            }
            for amount_taken, expires_on in taken
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
    values = {"its_job": job_id, "its_reason": reason, "its_time": now}
    connection.execute(_settlement(kept=kept), values)


@cache
def _settlement(*, kept: bool) -> Executable:
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
        "reason": bindparam("its_reason", type_=LEDGER.c.reason.type),
        "job_id": row.job_id,
        "created_at": ITS_TIME,
        "channel_id": row.channel_id,
        "expires_on": row.expires_on,
    }
    # Two halves, so that each can be found by its own partial index. A commit moves nothing, so
    # one row of it is enough.
    halves = (RESERVATION,) if kept else (RESERVATION, BONUS_RESERVATION)
    found = union_all(
        *(select(*columns.values()).where(row.job_id == ITS_JOB, half) for half in halves)
    )
    return insert(LEDGER).from_select(list(columns), found)


def give_back(
    connection: Connection, job_id: str, *, actor_id: int | None, reason: str, now: datetime
) -> bool:
    """Correct what a job cost to nothing, in the pots that it came from; whether that was new.

    A job that was refunded, or is still to be settled, is left alone, and so is one corrected
    before: nobody gets a credit twice. The caller must hold ``sessions.lock_guild``.
    """
    row, other = LEDGER, LEDGER.alias("other")
    of_job = other.c.job_id == job_id
    refunded = select(other.c.id).where(
        of_job, other.c.kind.in_((LedgerKind.REFUND, LedgerKind.CORRECTION))
    )
    kept = select(other.c.id).where(of_job, other.c.kind == LedgerKind.COMMIT)
    columns: dict[str, Any] = {
        "guild_id": row.c.guild_id,
        "user_id": row.c.user_id,
        "day": row.c.day,
        "kind": _literal("kind", LedgerKind.CORRECTION),
        "amount": -row.c.amount,
        "actor_id": _literal("actor_id", actor_id),
        "reason": _literal("reason", reason),
        "job_id": row.c.job_id,
        "created_at": _literal("created_at", now),
        "channel_id": row.c.channel_id,
        "expires_on": row.c.expires_on,
    }
    found = select(*columns.values()).where(
        row.c.job_id == job_id,
        row.c.kind == LedgerKind.RESERVE,
        ~refunded.exists(),
        kept.exists(),
    )
    written = insert(LEDGER).from_select(list(columns), found).returning(LEDGER.c.id)
    return bool(connection.scalars(written).all())


def reset(
    connection: Connection,
    guild_id: int,
    day: date,
    *,
    user_ids: Collection[int] | None,
    actor_id: int,
    reason: str,
    now: datetime,
) -> int:
    """Let a day's count begin again for some members, or for all of a guild (None).

    Only what is settled is given back: a job that still waits or runs stays charged, since it may
    yet be refunded. The caller must hold the guild's lock, so that nothing is given back twice.

    Returns:
        Credits given back.
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
            true() if user_ids is None else row.user_id.in_(user_ids),
        )
        .group_by(row.guild_id, row.user_id, row.day, row.channel_id)
        .having(used > 0)
    )
    statement = insert(LEDGER).from_select(list(columns), found).returning(LEDGER.c.amount)
    return sum(connection.scalars(statement))


def spent_in_guild() -> ColumnElement[int]:
    """All credits spent in a guild on a day, out of whatever pot: what its pool is compared to."""
    return -(
        select(func.coalesce(func.sum(LedgerRow.amount), 0))
        .where(LedgerRow.guild_id == ITS_GUILD, LedgerRow.day == ITS_DAY, SPENDING)
        .scalar_subquery()
    )


@cache
def _sums(shape: Shape) -> Select[int, int, int, int]:
    row, gift = LedgerRow, LedgerRow.kind == LedgerKind.GIFT

    def minus(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return -func.coalesce(func.sum(case((condition, row.amount), else_=0)), 0)

    return select(
        minus(shape.allowance & ~gift).label("used"),
        minus(shape.allowance & gift).label("given"),
        minus(row.expires_on.is_not(None) & SPENDING).label("bonus_used"),
        select(func.coalesce(func.sum(row.amount), 0))
        .where(shape.whose, row.expires_on >= ITS_DAY)
        .scalar_subquery()
        .label("bonus_left"),
    ).where(shape.whose, row.day == ITS_DAY)


def _moved(shape: Shape) -> ColumnElement[int]:
    """The sum of the allowance's pot, which is what has gone out of it, below zero."""
    return (
        select(func.coalesce(func.sum(LedgerRow.amount), 0))
        .where(shape.whose, LedgerRow.day == ITS_DAY, shape.allowance)
        .scalar_subquery()
    )


def _pots(shape: Shape, left: ColumnElement[int]) -> Subquery:
    """The pots in the order of spending, with what is left in each and in all before it."""
    bonus = func.sum(LedgerRow.amount)
    bonuses = (
        select(literal(1), LedgerRow.expires_on, cast(bonus, BigInteger))
        .where(shape.whose, LedgerRow.expires_on >= ITS_DAY)
        .group_by(LedgerRow.expires_on)
        .having(bonus > 0)
    )
    allowance = select(
        literal(0).label("turn"),
        cast(null(), Date).label("expires_on"),
        # Below zero where a moderator lowered the limit: then there is nothing, and no debt.
        cast(case((left > 0, left), else_=0), BigInteger).label("left"),
    )
    pots = union_all(allowance, bonuses).subquery("pots")
    in_turn = func.sum(pots.c.left).over(order_by=[pots.c.turn, pots.c.expires_on])
    return select(
        pots,
        cast(in_turn - pots.c.left, BigInteger).label("before"),
        cast(func.sum(pots.c.left).over(), BigInteger).label("in_all"),
    ).subquery("lined_up")


def _take(
    shape: Shape,
    pots: Subquery,
    values: dict[str, ColumnElement[Any]],
    *conditions: ColumnElement[bool],
) -> Executable:
    """The statement that writes a row for each pot that meets the conditions, if all reach."""
    rest = ITS_COST - pots.c.before
    wanted = case((rest > 0, rest), else_=0)
    values = {
        **values,
        "guild_id": _literal("guild_id", None) if shape.guild is None else shape.guild,
        "user_id": ITS_USER,
        "day": ITS_DAY,
        "channel_id": _literal("channel_id", None) if shape.channel is None else shape.channel,
        "created_at": ITS_TIME,
        "amount": -case((wanted < pots.c.left, wanted), else_=pots.c.left),
        "expires_on": pots.c.expires_on,
    }
    found = select(*values.values()).where(pots.c.in_all >= ITS_COST, *conditions)
    return (
        insert(LEDGER)
        .from_select(list(values), found)
        .returning(LEDGER.c.amount, LEDGER.c.expires_on)
    )


def _literal(name: str, value: Any) -> ColumnElement[Any]:
    return literal(value, LEDGER.c[name].type)
