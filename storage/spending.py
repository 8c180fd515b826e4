"""Where a member's credits of a day went, and which bonus credits are left to be spent."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import Connection, Select, func, select

from storage.pots import ITS_DAY, Account, Shape
from storage.records import JobStatus
from storage.tables import SPENDING, JobRow, LedgerKind, LedgerRow

GIVEN_BACK = (JobStatus.FAILED, JobStatus.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Where credits of a day went.

    Attributes:
        action: The job's action, a word of the bot's; None for what was given to others.
        jobs: How many jobs, refunded ones left out; 0 for gifts.
        credits: What they cost together.
    """

    action: str | None
    jobs: int
    credits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bonus:
    """Bonus credits left, by the last day on which they can be spent."""

    expires_on: date
    credits: int


def spent(connection: Connection, account: Account) -> list[Spent]:
    """Where a member's credits of the account's day went, the most first, out of whatever pot."""
    shape = _of_all_channels(account)
    found = [
        Spent(action=action or "", jobs=count, credits=int(total))
        for action, count, total in connection.execute(_by_action(shape), account.values)
        if total
    ]
    if given := int(connection.scalar(_gifts(shape), account.values) or 0):
        found.append(Spent(action=None, jobs=0, credits=given))
    return sorted(found, key=lambda it: -it.credits)


def bonuses(connection: Connection, account: Account) -> list[Bonus]:
    """Bonus credits that can be spent on the account's day, the soonest to expire first."""
    rows = connection.execute(_bonuses(_of_all_channels(account)), account.values)
    return [Bonus(expires_on=last, credits=int(left)) for last, left in rows if last]


def _of_all_channels(account: Account) -> Shape:
    return account.shape._replace(has_channel=False)


@cache
def _by_action(shape: Shape) -> Select[str, int, int]:
    row = LedgerRow
    return (
        select(JobRow.action, func.count(row.job_id.distinct()), -func.sum(row.amount))
        .join(JobRow, JobRow.id == row.job_id, isouter=True)
        .where(shape.whose, row.day == ITS_DAY, SPENDING)
        .where(JobRow.status.is_(None) | JobRow.status.not_in(GIVEN_BACK))
        .group_by(JobRow.action)
    )


@cache
def _gifts(shape: Shape) -> Select[int]:
    row = LedgerRow
    mine = (shape.whose, row.day == ITS_DAY)
    return select(-func.sum(row.amount)).where(*mine, row.kind == LedgerKind.GIFT, row.amount < 0)


@cache
def _bonuses(shape: Shape) -> Select[date | None, int]:
    row, left = LedgerRow, func.sum(LedgerRow.amount)
    return (
        select(row.expires_on, left)
        .where(shape.whose, row.expires_on >= ITS_DAY)
        .group_by(row.expires_on)
        .having(left > 0)
        .order_by(row.expires_on)
    )
