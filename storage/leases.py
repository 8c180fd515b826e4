"""Leases of the bots that share a database: who lives, and what becomes of what the dead held.

A bot renews its lease. When one has run out, the next bot to look deletes it in the transaction
that frees what it held: its running jobs wait again, its deliveries are the finder's. Whatever the
dead one still says after that finds a job that does not run that attempt, a delivery that is not
its own, and no lease to claim by. Times are the database's, so clocks need not agree.
PostgreSQL only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    SQLColumnExpression,
    cast,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import INTERVAL

from storage import line
from storage.jobs import JOBS, end_job
from storage.locks import take_takeover_lock
from storage.records import JobStatus
from storage.sessions import Sessions
from storage.sharing_tables import LeaseRow
from storage.tables import DeliveryState, OutboxRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What a bot hears when it renews its lease.

    Attributes:
        held: Whether it still had it. If not, all that it held is another's by now.
        freed: Ids of jobs that ran on bots that have died, and wait again.
        adopted: Deliveries that are this bot's from now on.
        unwanted: Ids of jobs that run here and were taken back elsewhere.
        waiting: Jobs in line, of all bots together.
        others: Further bots that live.
    """

    held: bool
    freed: Sequence[str] = ()
    adopted: int = 0
    unwanted: frozenset[str] = frozenset()
    waiting: int = 0
    others: int = 0


class Leases:
    """All leases. ``lease`` is a bot's own id for its lease, never used twice."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def take(self, lease: str, lasts_s: float) -> None:
        """Begin a lease for so many seconds."""
        values = {"id": lease, "expires_at": _moment(lasts_s)}

        def work(connection: Connection) -> None:
            connection.execute(insert(LeaseRow).values(values))

        await self._sessions.transact(work)

    async def beat(self, lease: str, lasts_s: float) -> Beat:
        """Renew a lease for so many seconds from now, and free what the dead have held."""

        def work(connection: Connection) -> Beat:
            renewed = connection.execute(
                update(LeaseRow).where(LeaseRow.id == lease).values(expires_at=_moment(lasts_s))
            )
            if not renewed.rowcount:
                return Beat(held=False)
            take_takeover_lock(connection)
            connection.execute(delete(LeaseRow).where(LeaseRow.expires_at < _moment(0)))
            freed = _free(connection)
            # After the jobs, whose ends may have put more into the outbox.
            adopted = connection.execute(
                update(OutboxRow)
                .where(OutboxRow.state == DeliveryState.PENDING, _without(OutboxRow.holder))
                .values(holder=lease)
            ).rowcount
            mine = (JOBS.c.status == JobStatus.RUNNING, JOBS.c.holder == lease)
            unwanted = connection.scalars(select(JOBS.c.id).where(*mine, JOBS.c.unwanted)).all()
            return Beat(
                held=True,
                freed=freed,
                adopted=adopted,
                unwanted=frozenset(unwanted),
                waiting=line.length(connection),
                others=connection.scalar(
                    select(func.count()).select_from(LeaseRow).where(LeaseRow.id != lease)
                )
                or 0,
            )

        return await self._sessions.transact(work)

    async def end(self, lease: str) -> None:
        """Give a lease back, and with it all that is still held by it."""

        def work(connection: Connection) -> None:
            take_takeover_lock(connection)
            connection.execute(delete(LeaseRow).where(LeaseRow.id == lease))
            _free(connection)

        await self._sessions.transact(work)

    async def want_no_more(self, job_id: str) -> None:
        """Have a running job taken back by the bot that holds it."""
        statement = (
            update(JOBS)
            .where(JOBS.c.id == job_id, JOBS.c.status == JobStatus.RUNNING)
            .values(unwanted=True)
        )
        await self._sessions.transact(lambda connection: connection.execute(statement))


def _free(connection: Connection) -> list[str]:
    """Let the running jobs of the dead wait again; those that nobody wants are over."""
    dead = (JOBS.c.status == JobStatus.RUNNING, _without(JOBS.c.holder))
    unwanted = connection.execute(select(JOBS.c.id, JOBS.c.attempt).where(*dead, JOBS.c.unwanted))
    for job_id, attempt in unwanted.all():
        end_job(connection, job_id, attempt, JobStatus.CANCELLED)
    freed = update(JOBS).where(*dead).values(status=JobStatus.QUEUED, holder=None)
    return list(connection.scalars(freed.returning(JOBS.c.id)))


def _without(holder: SQLColumnExpression[str | None]) -> ColumnElement[bool]:
    """Held by nobody who lives."""
    return or_(holder.is_(None), ~exists().where(LeaseRow.id == holder))


def _moment(seconds: float) -> ColumnElement[object]:
    """So many seconds from now, by the database's clock and not that of its transaction."""
    return func.clock_timestamp() + cast(timedelta(seconds=seconds), INTERVAL)
