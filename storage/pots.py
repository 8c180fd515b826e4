"""What lies in a member's pots, and the statement that takes out of them.

Every member has pots: the allowance of a day, a channel's own allowance of a day where the guild
gave it one, and bonus credits by the last day on which they can be spent. What is spent comes out
of the allowance first, since it is gone at midnight, then out of the bonus that expires soonest.
"""

from dataclasses import dataclass
from datetime import date
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
    bindparam,
    case,
    cast,
    func,
    insert,
    literal,
    null,
    select,
    union_all,
)

from storage.tables import SPENDING, Base, LedgerKind, LedgerRow

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


def moved(shape: Shape) -> ColumnElement[int]:
    """The sum of the allowance's pot, which is what has gone out of it, below zero."""
    return (
        select(func.coalesce(func.sum(LedgerRow.amount), 0))
        .where(shape.whose, LedgerRow.day == ITS_DAY, shape.allowance)
        .scalar_subquery()
    )


def lined_up(shape: Shape, left: ColumnElement[int]) -> Subquery:
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


def take(
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
        "guild_id": typed("guild_id", None) if shape.guild is None else shape.guild,
        "user_id": ITS_USER,
        "day": ITS_DAY,
        "channel_id": typed("channel_id", None) if shape.channel is None else shape.channel,
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


def typed(name: str, value: Any) -> ColumnElement[Any]:
    """A value as the ledger's column of that name has it."""
    return literal(value, LEDGER.c[name].type)
