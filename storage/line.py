"""The line of waiting jobs that several bots share: who comes next, and who stands where.

PostgreSQL only; a single bot on SQLite has its line in memory.
"""

from datetime import UTC, datetime

from sqlalchemy import Connection, func, select, text, update

from storage.jobs import JOBS, job_of
from storage.records import Job, JobStatus
from storage.sessions import Sessions
from storage.sharing_tables import TurnRow

# Members looked at for one that no other bot is just about to serve.
LOOKED_AT = 32

# A member is locked and not only a job: while one bot serves them, the others serve somebody else,
# so that nobody is served twice before the rest. Whoever was served since the line was read has
# another number by now, and is passed over. The lease is held, so that nobody who is taken for dead
# claims anything.
#
# A claim is not waited for until it is on the disk. Should PostgreSQL fall in that moment, the job
# waits as before, and is claimed again; of two outcomes of one attempt the first one counts.
NEXT = text(
    """
    jobs.id = (
        WITH seen AS MATERIALIZED (
            SELECT user_id, rank, served, since, job_id FROM turns WHERE waiting > 0
            ORDER BY rank, served, since, user_id LIMIT :looked_at
        ), turn AS (
            SELECT turns.job_id FROM seen JOIN turns ON turns.user_id = seen.user_id
            WHERE turns.served = seen.served AND turns.job_id = seen.job_id
            ORDER BY seen.rank, seen.served, seen.since, seen.user_id
            LIMIT 1 FOR UPDATE OF turns SKIP LOCKED
        ), held AS (
            SELECT id FROM leases
            WHERE id = :lease AND set_config('synchronous_commit', 'off', true) IS NOT NULL
            FOR KEY SHARE SKIP LOCKED
        )
        SELECT waiting.id FROM jobs AS waiting, turn, held
        WHERE waiting.id = turn.job_id AND waiting.status = 'queued'
        FOR UPDATE OF waiting SKIP LOCKED
    )
    """
)

# Turn by turn each member is served once, so by the n-th turn of one, all others had n, or as many
# as wait; those who come later in the line one less.
POSITION = text(
    """
    WITH job AS (
        SELECT user_id, attempt > 0 AS retried, priority, created_at, id
        FROM jobs WHERE id = :job_id AND status = 'queued'
    ), turn AS (
        SELECT count(*) AS number FROM jobs, job
        WHERE jobs.user_id = job.user_id AND jobs.status = 'queued'
            AND (NOT jobs.attempt > 0, -jobs.priority, jobs.created_at, jobs.id)
                <= (NOT job.retried, -job.priority, job.created_at, job.id)
    )
    SELECT turn.number + coalesce((
        SELECT sum(least(others.waiting, turn.number - CASE
            WHEN (others.rank, others.served, others.since, others.user_id)
                < (mine.rank, mine.served, mine.since, mine.user_id) THEN 0 ELSE 1 END))
        FROM turns AS others WHERE others.waiting > 0 AND others.user_id <> mine.user_id
    ), 0)
    FROM job, turn, turns AS mine WHERE mine.user_id = job.user_id
    """
)


class Line:
    """Members in the order in which they are served: whoever was served longest ago comes next."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def claim(self, lease: str) -> Job | None:
        """Begin the next attempt of whoever comes next; None when nobody waits, or no ``lease``.

        Two bots that claim at once get jobs of two members.
        """

        def work(connection: Connection) -> Job | None:
            claimed = connection.execute(
                update(JOBS)
                .where(NEXT)
                .values(
                    status=JobStatus.RUNNING,
                    attempt=JOBS.c.attempt + 1,
                    started_at=datetime.now(UTC),
                    holder=lease,
                )
                .returning(JOBS),
                {"looked_at": LOOKED_AT, "lease": lease},
            ).one_or_none()
            return None if claimed is None else job_of(claimed)

        return await self._sessions.state(work)

    async def position(self, job_id: str) -> int | None:
        """Place in the line of all bots, counted from 1; None for a job that does not wait."""
        place = await self._sessions.look(
            lambda session: session.execute(POSITION, {"job_id": job_id}).scalar_one_or_none()
        )
        return None if place is None else int(place)

    async def length(self) -> int:
        """How many jobs wait."""
        return await self._sessions.look(lambda session: length(session.connection()))

    async def waiting(self) -> list[str]:
        """Ids of the jobs that wait, the oldest first."""
        statement = (
            select(JOBS.c.id)
            .where(JOBS.c.status == JobStatus.QUEUED)
            .order_by(JOBS.c.created_at, JOBS.c.id)
        )
        return await self._sessions.look(lambda session: list(session.scalars(statement)))


def length(connection: Connection) -> int:
    """How many jobs wait, inside somebody else's transaction."""
    in_line = select(func.coalesce(func.sum(TurnRow.waiting), 0)).where(TurnRow.waiting > 0)
    return int(connection.scalar(in_line) or 0)
