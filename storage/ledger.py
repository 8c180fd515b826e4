"""The movements of credits, as statements inside somebody else's transaction; see ``pots``."""

from collections.abc import Collection
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    and_,
    bindparam,
    func,
    insert,
    literal,
    select,
    true,
    union_all,
)

from storage.pots import (
    ITS_ALLOWANCE,
    ITS_COST,
    ITS_DAY,
    ITS_GUILD,
    ITS_JOB,
    ITS_TIME,
    ITS_USER,
    LEDGER,
    Account,
    Shape,
    lined_up,
    moved,
    take,
    typed,
)
from storage.tables import BONUS_RESERVATION, RESERVATION, SPENDING, LedgerKind, LedgerRow

# More credits than anybody has.
MOST = 2**40


@cache
def reservation(
    shape: Shape, *, limited: bool, conditions: tuple[ColumnElement[bool], ...] = ()
) -> Executable:
    """The statement that takes the credits of one job, if they reach and ``conditions`` hold.

    It returns a row for each pot that it took from; none where it took nothing. Two transactions
    at once could both count the same last credit, so ``locks.take_locks`` must be held. Its
    parameters are the account's and ``its_cost``, ``its_job``, ``its_time``, and ``its_allowance``
    where that is ``limited``.
    """
    pots = lined_up(shape, ITS_ALLOWANCE + moved(shape) if limited else ITS_COST)
    values = {
        "kind": typed("kind", LedgerKind.RESERVE),
        "actor_id": ITS_USER,
        "reason": typed("reason", "job submitted"),
        "job_id": ITS_JOB,
    }
    # The allowance's row is written even if it takes nothing: it stands for the charge.
    needed = (pots.c.before < ITS_COST) | (pots.c.turn == 0)
    return take(shape, pots, values, needed, *conditions)


@cache
def _gift(shape: Shape) -> Executable:
    pots = lined_up(shape, ITS_ALLOWANCE + moved(shape))
    values = {
        "kind": typed("kind", LedgerKind.GIFT),
        "actor_id": ITS_USER,
        "reason": bindparam("its_reason", type_=LEDGER.c.reason.type),
        "job_id": typed("job_id", None),
    }
    return take(shape, pots, values, pots.c.before < ITS_COST, pots.c.left > 0)


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
    allowance without limit nothing can be given. The caller must hold ``locks.take_locks``.
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
        "kind": typed("kind", kind),
        "amount": amount,
        "actor_id": typed("actor_id", None),
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
    before: nobody gets a credit twice. What it took of an allowance whose count began again since
    (``reset``) is back already. The caller must hold ``locks.lock_guild``.
    """
    row, other, reset_row = LEDGER, LEDGER.alias("other"), LEDGER.alias("reset_row")
    of_job = other.c.job_id == job_id
    refunded = select(other.c.id).where(
        of_job, other.c.kind.in_((LedgerKind.REFUND, LedgerKind.CORRECTION))
    )
    kept = select(other.c.id).where(of_job, other.c.kind == LedgerKind.COMMIT)
    reset_since = select(reset_row.c.id).where(
        reset_row.c.kind == LedgerKind.CORRECTION,
        reset_row.c.job_id.is_(None),
        *(
            reset_row.c[name].is_not_distinct_from(row.c[name])
            for name in ("user_id", "guild_id", "day", "channel_id")
        ),
        # No reset counts a job before it is settled.
        reset_row.c.id > kept.scalar_subquery(),
    )
    columns: dict[str, Any] = {
        "guild_id": row.c.guild_id,
        "user_id": row.c.user_id,
        "day": row.c.day,
        "kind": typed("kind", LedgerKind.CORRECTION),
        "amount": -row.c.amount,
        "actor_id": typed("actor_id", actor_id),
        "reason": typed("reason", reason),
        "job_id": row.c.job_id,
        "created_at": typed("created_at", now),
        "channel_id": row.c.channel_id,
        "expires_on": row.c.expires_on,
    }
    found = select(*columns.values()).where(
        row.c.job_id == job_id,
        row.c.kind == LedgerKind.RESERVE,
        ~refunded.exists(),
        kept.exists(),
        row.c.expires_on.is_not(None) | ~reset_since.exists(),
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
    row = LedgerRow
    used = -func.sum(row.amount)
    columns: dict[str, Any] = {
        "guild_id": row.guild_id,
        "user_id": row.user_id,
        "day": row.day,
        "kind": typed("kind", LedgerKind.CORRECTION),
        "amount": used,
        "actor_id": typed("actor_id", actor_id),
        "reason": typed("reason", reason),
        "created_at": typed("created_at", now),
        "channel_id": row.channel_id,
    }
    found = (
        select(*columns.values())
        .where(
            row.guild_id == guild_id,
            row.day == day,
            row.expires_on.is_(None),
            row.kind != LedgerKind.GIFT,
            ~_waits(),
            true() if user_ids is None else row.user_id.in_(user_ids),
        )
        .group_by(row.guild_id, row.user_id, row.day, row.channel_id)
        .having(used > 0)
    )
    statement = insert(LEDGER).from_select(list(columns), found).returning(LEDGER.c.amount)
    return sum(connection.scalars(statement))


def _waits() -> ColumnElement[bool]:
    """Whether a row is the reservation of a job that is not settled."""
    row, settled = LedgerRow, LEDGER.alias("settled")
    settlement = select(literal(1)).where(
        settled.c.job_id == row.job_id,
        settled.c.kind.in_((LedgerKind.COMMIT, LedgerKind.REFUND)),
        settled.c.expires_on.is_(None),
    )
    return and_(row.kind == LedgerKind.RESERVE, ~settlement.exists())


def spent_in_guild() -> ColumnElement[int]:
    """All credits spent in a guild on a day, out of whatever pot: what its pool is compared to."""
    return -(
        select(func.coalesce(func.sum(LedgerRow.amount), 0))
        .where(LedgerRow.guild_id == ITS_GUILD, LedgerRow.day == ITS_DAY, SPENDING)
        .scalar_subquery()
    )
