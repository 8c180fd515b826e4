"""The movements of credits, as statements inside somebody else's transaction."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import LedgerKind, LedgerRow

BONUSES = (LedgerKind.GRANT, LedgerKind.GIFT)
USES = tuple(kind for kind in LedgerKind if kind not in BONUSES)


@dataclass(frozen=True, slots=True)
class Account:
    """A member's credits of one day in one guild, or in direct messages (``guild_id`` None)."""

    guild_id: int | None
    user_id: int
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What an account's rows come to: credits in use, and credits on top of the day's limit."""

    used: int
    bonus: int


async def sums(session: AsyncSession, account: Account) -> Sums:
    """Add up the rows of an account."""
    used, bonus = (await session.execute(select(_used(account), _bonus(account)))).one()
    return Sums(used=used, bonus=bonus)


async def reserve(
    session: AsyncSession, account: Account, *, limit: int, cost: int, job_id: str, now: datetime
) -> bool:
    """Take ``cost`` credits for a job in one statement; False when they do not reach.

    Two transactions at once could both count the same last credit, so the caller must hold
    ``sessions.take_locks`` for the account.
    """
    row = LedgerRow.__table__.c
    values: dict[str, ColumnElement[object]] = {
        name: literal(value, row[name].type)
        for name, value in {
            "guild_id": account.guild_id,
            "user_id": account.user_id,
            "day": account.day,
            "kind": LedgerKind.RESERVE,
            "amount": -cost,
            "actor_id": account.user_id,
            "reason": "job submitted",
            "job_id": job_id,
            "created_at": now,
        }.items()
    }
    affordable = _used(account) + cost <= limit + _bonus(account)
    statement = (
        insert(LedgerRow)
        .from_select(list(values), select(*values.values()).where(affordable))
        .returning(LedgerRow.id)
    )
    return (await session.scalars(statement)).one_or_none() is not None


async def settle(
    session: AsyncSession, job_id: str, *, kept: bool, reason: str, now: datetime
) -> None:
    """Keep what a job reserved, or give it back on the day that it was reserved for."""
    reservation = (
        await session.scalars(
            select(LedgerRow).where(
                LedgerRow.job_id == job_id, LedgerRow.kind == LedgerKind.RESERVE
            )
        )
    ).one()
    session.add(
        LedgerRow(
            guild_id=reservation.guild_id,
            user_id=reservation.user_id,
            day=reservation.day,
            kind=LedgerKind.COMMIT if kept else LedgerKind.REFUND,
            amount=0 if kept else -reservation.amount,
            actor_id=None,
            reason=reason,
            job_id=job_id,
            created_at=now,
        )
    )


def _used(account: Account) -> ColumnElement[int]:
    return -_sum(account, USES)


def _bonus(account: Account) -> ColumnElement[int]:
    return _sum(account, BONUSES)


def _sum(account: Account, kinds: tuple[LedgerKind, ...]) -> ColumnElement[int]:
    total = func.coalesce(func.sum(LedgerRow.amount), 0)
    return (
        select(total)
        .where(
            LedgerRow.user_id == account.user_id,
            LedgerRow.guild_id == account.guild_id,
            LedgerRow.day == account.day,
            LedgerRow.kind.in_(kinds),
        )
        .scalar_subquery()
    )
