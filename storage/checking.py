"""Looks whether the database is whole: its references, its ledger, and the files that it names."""

from sqlalchemy import case, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.errors import DatabaseBroken
from storage.image_store import ImageStore
from storage.image_uses import held
from storage.jobs import IN_FLIGHT
from storage.records import JobStatus
from storage.sessions import Sessions
from storage.tables import ImageUseRow, JobRow, LedgerKind, LedgerRow, OutboxRow

SETTLED_AS = {
    "done": LedgerKind.COMMIT,
    "failed": LedgerKind.REFUND,
    "cancelled": LedgerKind.REFUND,
}


class Checking:
    """Finds what is wrong and changes nothing. Sound while the bot runs, but for files in work."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def findings(self, images: ImageStore) -> list[str]:
        """One sentence for everything that is wrong, here and with what ``images`` keeps.

        Nothing that is read from a file with broken pages would mean anything, so such a file is
        all that is told.
        """
        kept = set(await images.settled(0))
        try:
            async with self._sessions.snapshot() as session:
                return await _pages(session) or [
                    *await _references(session),
                    *await _charges(session),
                    *await _sums(session),
                    *await _untold(session),
                    *await _files(session, kept),
                ]
        except DatabaseBroken as error:
            return [str(error)]


async def _pages(session: AsyncSession) -> list[str]:
    """Whether SQLite's file is whole; PostgreSQL looks after its own pages."""
    if session.get_bind().dialect.name != "sqlite":
        return []
    told = (await session.execute(text("PRAGMA integrity_check"))).scalars().all()
    return [
        f"SQLite says: {line}." for lines in told if lines != "ok" for line in lines.split("\n")
    ]


async def _references(session: AsyncSession) -> list[str]:
    # PostgreSQL keeps its own order; SQLite only while every program asks for it.
    if session.get_bind().dialect.name != "sqlite":
        return []
    broken = (await session.execute(text("PRAGMA foreign_key_check"))).all()
    return [f"Row {row[1]} of {row[0]} refers to a row of {row[2]} that is gone." for row in broken]


async def _charges(session: AsyncSession) -> list[str]:
    """Jobs that are not charged once, or not settled as they ended."""
    jobs = (await session.execute(select(JobRow.id, JobRow.status))).all()
    # The allowance's rows alone: bonus credits have theirs beside them.
    counted = (
        select(LedgerRow.job_id, LedgerRow.kind, func.count())
        .where(LedgerRow.job_id.is_not(None), LedgerRow.expires_on.is_(None))
        .group_by(LedgerRow.job_id, LedgerRow.kind)
    )
    counts = {(job, kind): n for job, kind, n in (await session.execute(counted)).all()}
    found = []
    for job_id, status in jobs:
        reserved = counts.get((job_id, LedgerKind.RESERVE), 0)
        committed = counts.get((job_id, LedgerKind.COMMIT), 0)
        refunded = counts.get((job_id, LedgerKind.REFUND), 0)
        wanted = SETTLED_AS.get(status)
        expected = (1, int(wanted is LedgerKind.COMMIT), int(wanted is LedgerKind.REFUND))
        if (reserved, committed, refunded) != expected:
            found.append(
                f"Job {job_id} is {status}, but its ledger has {reserved} reservations, "
                f"{committed} commits and {refunded} refunds."
            )
    return found


async def _sums(session: AsyncSession) -> list[str]:
    """Jobs that were given back more than they were charged, or less where nothing was made.

    For each pot by itself: what came out of bonus credits must not go back into the allowance.
    """
    left = func.sum(LedgerRow.amount)
    came_to_nothing = JobRow.status.in_((JobStatus.FAILED, JobStatus.CANCELLED))
    statement = (
        select(LedgerRow.job_id, LedgerRow.expires_on, left)
        .outerjoin(JobRow, JobRow.id == LedgerRow.job_id)
        .where(LedgerRow.job_id.is_not(None))
        .group_by(LedgerRow.job_id, LedgerRow.expires_on, JobRow.status)
        .having((left > 0) | ((left < 0) & came_to_nothing))
        .order_by(LedgerRow.job_id, LedgerRow.expires_on)
    )
    found = []
    for job_id, expires_on, amount in (await session.execute(statement)).all():
        pot = "" if expires_on is None else f" of the bonus up to {expires_on}"
        wrong = "many" if amount > 0 else "few"
        found.append(f"Job {job_id} was given back {abs(amount)} credits{pot} too {wrong}.")
    return found


async def _untold(session: AsyncSession) -> list[str]:
    """Messages all of whose jobs are over, while nothing in the outbox tells or told of it."""
    message = func.coalesce(JobRow.group_id, JobRow.id)
    statement = (
        select(message)
        .outerjoin(OutboxRow, OutboxRow.job_id == message)
        .where(OutboxRow.id.is_(None))
        .group_by(message)
        .having(func.sum(case((JobRow.status.in_(IN_FLIGHT), 1), else_=0)) == 0)
        .order_by(message)
    )
    untold = (await session.scalars(statement)).all()
    return [f"Job {job_id} is over, but the outbox has no row for it." for job_id in untold]


async def _files(session: AsyncSession, kept: set[str]) -> list[str]:
    used = set((await session.scalars(select(ImageUseRow.hash).distinct())).all())
    used |= await session.run_sync(lambda it: held(it.connection()))
    missing = [f"Image {name} is used, but no file holds it." for name in sorted(used - kept)]
    return missing + [f"Image {name} is kept, but nothing uses it." for name in sorted(kept - used)]
