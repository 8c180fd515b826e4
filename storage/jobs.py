"""The jobs table: every change of a job's status is one transaction, and none happens twice."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage import image_uses, ledger, outbox
from storage.errors import AlreadySubmitted, QuotaExceeded, TooManyInFlight, UnknownJob
from storage.quota import QuotaDay
from storage.records import Job, JobResult, JobStatus, NewJob
from storage.sessions import Sessions, take_group_lock, take_locks
from storage.tables import JobRow

NEW_JOB_FIELDS = tuple(field.name for field in fields(NewJob))
JOB_FIELDS = tuple(field.name for field in fields(Job))
IN_FLIGHT = (JobStatus.QUEUED, JobStatus.RUNNING)

Ending = Literal[JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED]


class Jobs:
    """All jobs, from being handed in to their outcome.

    A method that takes an ``attempt`` acts only while that very attempt runs. A late word from an
    older one, or from one that is over, changes nothing, and the method returns False.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def submit(
        self,
        new: NewJob,
        *,
        limit: int,
        day: QuotaDay,
        max_in_flight_per_user: int,
        max_in_flight_per_guild: int,
    ) -> Job:
        """Charge for a job and queue it; see ``submit_all``."""
        [job] = await self.submit_all(
            [new],
            limit=limit,
            day=day,
            max_in_flight_per_user=max_in_flight_per_user,
            max_in_flight_per_guild=max_in_flight_per_guild,
        )
        return job

    async def submit_all(
        self,
        news: Sequence[NewJob],
        *,
        limit: int,
        day: QuotaDay,
        max_in_flight_per_user: int,
        max_in_flight_per_guild: int,
    ) -> list[Job]:
        """Charge for the jobs of one interaction and queue them; all of it happens or nothing.

        Args:
            news: One job, or the members of a group in the order of their places.
            limit: The member's credits of ``day`` by the rules, before bonuses.
            max_in_flight_per_user: Jobs of the member, over all guilds, that may wait or run.
            max_in_flight_per_guild: Jobs of the guild; direct messages belong to none.

        Raises:
            TooManyInFlight: The member or the guild has that many already.
            QuotaExceeded: The credits left do not reach for all of them.
            AlreadySubmitted: The interaction was obeyed before.
        """
        now = datetime.now(UTC)
        first = news[0]
        account = ledger.Account(first.guild_id, first.user_id, day.date)
        async with self._sessions.write() as session:
            await take_locks(session, first.user_id, first.guild_id)
            await _refuse_twice(session, first.interaction_id)
            room = max_in_flight_per_user - len(news)
            if await _in_flight(session, JobRow.user_id == first.user_id) > room:
                raise TooManyInFlight("user", max_in_flight_per_user)
            room = max_in_flight_per_guild - len(news)
            if (
                first.guild_id is not None
                and await _in_flight(session, JobRow.guild_id == first.guild_id) > room
            ):
                raise TooManyInFlight("guild", max_in_flight_per_guild)
            asked = 0
            for new in news:
                if not await ledger.reserve(
                    session, account, limit=limit, cost=new.cost, job_id=new.id, now=now
                ):
                    sums = await ledger.sums(session, account)
                    # What this transaction took is given back with it.
                    used, cost = sums.used - asked, sum(one.cost for one in news)
                    raise QuotaExceeded(used, limit + sums.bonus, day.ends_at, cost)
                asked += new.cost
            rows = [_new_row(new, now) for new in news]
            session.add_all(rows)
            # Flushed by themselves: the uses below refer to the rows.
            await session.flush()
            for new in news:
                image_uses.use_inputs(session, new)
        return [_job(row) for row in rows]

    async def get(self, job_id: str) -> Job:
        """The job of that id; raises ``UnknownJob``."""
        async with self._sessions.read() as session:
            row = await session.get(JobRow, job_id)
        if row is None:
            raise UnknownJob(job_id)
        return _job(row)

    async def group(self, job: Job) -> list[Job]:
        """The jobs that share ``job``'s message, by place; itself alone where it has its own."""
        if job.group_id is None:
            return [job]
        statement = select(JobRow).where(JobRow.group_id == job.group_id).order_by(JobRow.place)
        async with self._sessions.read() as session:
            return [_job(row) for row in await session.scalars(statement)]

    async def set_message(self, job_id: str, message_id: int) -> None:
        """Note which message shows the job; raises ``UnknownJob``."""
        async with self._sessions.write() as session:
            if not await _change(session, JobRow.id == job_id, message_id=message_id):
                raise UnknownJob(job_id)

    async def claim(self, job_id: str) -> Job | None:
        """Begin the next attempt of a queued job; None when it does not wait any more."""
        async with self._sessions.write() as session:
            rows = await _change(
                session,
                JobRow.id == job_id,
                JobRow.status == JobStatus.QUEUED,
                status=JobStatus.RUNNING,
                attempt=JobRow.attempt + 1,
                started_at=datetime.now(UTC),
            )
        return _job(rows[0]) if rows else None

    async def complete(self, job_id: str, attempt: int, result: JobResult) -> bool:
        """The attempt made ``result``: keep the charge and have it delivered."""
        values = {field.name: getattr(result, field.name) for field in fields(result)}
        async with self._sessions.write() as session:
            ended = await self._end(
                session, *_running(job_id, attempt), status=JobStatus.DONE, job_id=job_id, **values
            )
            if ended:
                image_uses.use_outputs(session, job_id, result)
        return ended

    async def retry(self, job_id: str, attempt: int) -> bool:
        """Queue the job again, as after an attempt that was lost; the charge stays reserved."""
        async with self._sessions.write() as session:
            changed = await _change(session, *_running(job_id, attempt), status=JobStatus.QUEUED)
        return bool(changed)

    async def fail(self, job_id: str, attempt: int, code: str, message: str) -> bool:
        """The job failed for good: give the charge back and have it told.

        Args:
            code: One word, for logs.
            message: One sentence, for the member.
        """
        async with self._sessions.write() as session:
            return await self._end(
                session,
                *_running(job_id, attempt),
                status=JobStatus.FAILED,
                job_id=job_id,
                error_code=code,
                error_message=message,
            )

    async def cancelled(self, job_id: str, attempt: int) -> bool:
        """The engine stopped the attempt as asked: give the charge back and have it told."""
        async with self._sessions.write() as session:
            return await self._end(
                session, *_running(job_id, attempt), status=JobStatus.CANCELLED, job_id=job_id
            )

    async def cancel(self, job_id: str) -> JobStatus:
        """Cancel a job that waits: give the charge back and have it told.

        Returns:
            Where the job stands now. ``RUNNING`` says that the engine must be asked to stop it.

        Raises:
            UnknownJob: There is no such job.
        """
        async with self._sessions.write() as session:
            waits = (JobRow.id == job_id, JobRow.status == JobStatus.QUEUED)
            if await self._end(session, *waits, status=JobStatus.CANCELLED, job_id=job_id):
                return JobStatus.CANCELLED
            status = await session.scalar(select(JobRow.status).where(JobRow.id == job_id))
        if status is None:
            raise UnknownJob(job_id)
        return status

    async def unfinished(self) -> list[Job]:
        """Take over all jobs without an outcome, oldest first; for the start of the bot only.

        Those that an ended process left running are queued again, so that they can be claimed.
        """
        async with self._sessions.write() as session:
            await _change(session, JobRow.status == JobStatus.RUNNING, status=JobStatus.QUEUED)
            rows = await session.scalars(
                select(JobRow)
                .where(JobRow.status == JobStatus.QUEUED)
                .order_by(JobRow.created_at, JobRow.id)
            )
            return [_job(row) for row in rows]

    async def last_served(self) -> dict[int, datetime]:
        """By member: when a job of theirs was last claimed."""
        newest = func.max(JobRow.started_at)
        statement = select(JobRow.user_id, newest).group_by(JobRow.user_id)
        async with self._sessions.read() as session:
            rows = (await session.execute(statement)).all()
        return {user_id: moment for user_id, moment in rows if moment is not None}

    async def delete_result(self, job_id: str) -> set[str]:
        """Forget what a job made; its charge stays, and a delivery that still waits is dropped.

        Returns:
            Hashes that no job uses any more, to be deleted from the image store.

        Raises:
            UnknownJob: There is no such job.
        """
        async with self._sessions.write() as session:
            row = await session.get(JobRow, job_id)
            if row is None:
                raise UnknownJob(job_id)
            made = {name for name in (row.result_hash, row.latents_hash) if name is not None}
            row.result_hash = row.latents_hash = None
            await image_uses.forget_outputs(session, job_id)
            if row.status is JobStatus.DONE:
                await outbox.withdraw(session, job_id, "the result was deleted", datetime.now(UTC))
            return await image_uses.unused(session, made)

    async def _end(
        self,
        session: AsyncSession,
        *where: ColumnElement[bool],
        job_id: str,
        status: Ending,
        **values: Any,
    ) -> bool:
        now = datetime.now(UTC)
        if not await _change(session, *where, status=status, finished_at=now, **values):
            return False
        kept = status is JobStatus.DONE
        await ledger.settle(session, job_id, kept=kept, reason=f"job {status}", now=now)
        await _announce(session, job_id, status, now)
        return True


async def _announce(session: AsyncSession, job_id: str, status: JobStatus, now: datetime) -> None:
    """Have a job's outcome told; that of a group when the last of its jobs has ended."""
    group_id = await session.scalar(select(JobRow.group_id).where(JobRow.id == job_id))
    if group_id is None:
        outbox.announce(session, job_id, status, now)
        return
    await take_group_lock(session, group_id)
    statement = select(JobRow.status).where(JobRow.group_id == group_id)
    statuses = set(await session.scalars(statement))
    if statuses.isdisjoint(IN_FLIGHT):
        kind = JobStatus.DONE if JobStatus.DONE in statuses else status
        outbox.announce(session, group_id, kind, now)


async def _refuse_twice(session: AsyncSession, interaction_id: int | None) -> None:
    if interaction_id is None:
        return
    statement = select(JobRow.id).where(JobRow.interaction_id == interaction_id).limit(1)
    if await session.scalar(statement) is not None:
        raise AlreadySubmitted(interaction_id)


def _running(job_id: str, attempt: int) -> tuple[ColumnElement[bool], ...]:
    return (
        JobRow.id == job_id,
        JobRow.attempt == attempt,
        JobRow.status == JobStatus.RUNNING,
    )


async def _change(
    session: AsyncSession, *where: ColumnElement[bool], **values: Any
) -> Sequence[JobRow]:
    statement = update(JobRow).where(*where).values(values).returning(JobRow)
    options = {"synchronize_session": False, "populate_existing": True}
    return (await session.scalars(statement, execution_options=options)).all()


async def _in_flight(session: AsyncSession, whose: ColumnElement[bool]) -> int:
    statement = select(func.count()).select_from(JobRow).where(whose, JobRow.status.in_(IN_FLIGHT))
    return (await session.execute(statement)).scalar_one()


def _new_row(new: NewJob, now: datetime) -> JobRow:
    given = {name: getattr(new, name) for name in NEW_JOB_FIELDS}
    empty = dict.fromkeys(name for name in JOB_FIELDS if name not in NEW_JOB_FIELDS)
    row = JobRow(**{**empty, **given})
    row.status, row.attempt, row.created_at, row.notes = JobStatus.QUEUED, 0, now, ()
    return row


def _job(row: JobRow) -> Job:
    # The columns are named and typed as the fields are; a test holds them together.
    return Job(**{name: getattr(row, name) for name in JOB_FIELDS})
