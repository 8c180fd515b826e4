"""Looks whether the database is whole: its references, its ledger, and the files that it names."""

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.errors import DatabaseBroken
from storage.image_store import ImageStore
from storage.image_uses import held
from storage.sessions import Sessions
from storage.tables import ImageUseRow, JobRow, LedgerKind, LedgerRow

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
    """Jobs that were given back more than they were charged."""
    statement = (
        select(LedgerRow.job_id, func.sum(LedgerRow.amount))
        .where(LedgerRow.job_id.is_not(None))
        .group_by(LedgerRow.job_id)
        .having(func.sum(LedgerRow.amount) > 0)
    )
    rows = (await session.execute(statement)).all()
    return [f"Job {job_id} was given back {amount} credits too many." for job_id, amount in rows]


async def _files(session: AsyncSession, kept: set[str]) -> list[str]:
    used = set((await session.scalars(select(ImageUseRow.hash).distinct())).all())
    used |= await session.run_sync(lambda it: held(it.connection()))
    missing = [f"Image {name} is used, but no file holds it." for name in sorted(used - kept)]
    return missing + [f"Image {name} is kept, but nothing uses it." for name in sorted(kept - used)]
