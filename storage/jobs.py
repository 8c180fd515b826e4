"""The jobs table: every change of a job's status is one transaction, and none happens twice."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Integer,
    String,
    bindparam,
    func,
    insert,
    select,
    update,
)

from storage import image_uses, ledger, outbox, posts
from storage.audit import Deed, record_by
from storage.charging import charge
from storage.errors import UnknownJob
from storage.locks import take_group_lock, take_locks
from storage.quota import Terms
from storage.records import Job, JobResult, JobStatus, NewJob
from storage.sessions import Sessions
from storage.tables import Base, JobRow

JOBS = Base.metadata.tables["jobs"]
INSERT_JOBS = insert(JOBS)
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

    async def submit(self, new: NewJob, terms: Terms) -> Job:
        """Charge for a job and queue it; see ``submit_all``."""
        [job] = await self.submit_all([new], terms)
        return job

    async def submit_all(self, news: Sequence[NewJob], terms: Terms) -> list[Job]:
        """Charge for the jobs of one interaction and queue them; all of it happens or nothing.

        Args:
            news: One job, or the members of a group in the order of their places.

        Raises:
            AlreadySubmitted: The interaction was obeyed before.
            TooManyInFlight: The member or the guild has that many already.
            PoolExhausted: What the guild's members share does not reach for all of them.
            QuotaExceeded: The credits left do not reach for all of them.
        """
        now = datetime.now(UTC)
        rows = [_new_values(new, now) for new in news]

        def work(connection: Connection) -> None:
            take_locks(connection, news[0].user_id, news[0].guild_id)
            charge(connection, news, terms, now)
            connection.execute(INSERT_JOBS, rows)
            image_uses.use_inputs(connection, news)

        await self._sessions.transact(work)
        return [Job(**row) for row in rows]

    async def get(self, job_id: str) -> Job:
        """The job of that id; raises ``UnknownJob``."""
        row = await self._sessions.look(lambda session: session.get(JobRow, job_id))
        if row is None:
            raise UnknownJob(job_id)
        return job_of(row)

    async def known(self, job_ids: Collection[str]) -> list[Job]:
        """Those of the jobs that there are, in the order of their ids."""
        statement = select(JobRow).where(JobRow.id.in_(job_ids)).order_by(JobRow.id)
        return await self._sessions.look(
            lambda session: [job_of(row) for row in session.scalars(statement)]
        )

    async def group(self, job: Job) -> list[Job]:
        """The jobs that share ``job``'s message, by place; itself alone where it has its own."""
        if job.group_id is None:
            return [job]
        statement = select(JobRow).where(JobRow.group_id == job.group_id).order_by(JobRow.place)
        return await self._sessions.look(
            lambda session: [job_of(row) for row in session.scalars(statement)]
        )

    async def newest_results(self, channel_id: int, limit: int) -> list[Job]:
        """The jobs of the newest results in a channel that are kept, the newest first."""
        statement = (
            select(JobRow)
            .where(JobRow.channel_id == channel_id, JobRow.result_hash.is_not(None))
            .order_by(JobRow.finished_at.desc(), JobRow.place.desc())
            .limit(limit)
        )
        return await self._sessions.look(
            lambda session: [job_of(row) for row in session.scalars(statement)]
        )

    async def newest_done(self, limit: int) -> list[Job]:
        """The newest jobs whose results were made, by when they were asked for, newest first."""
        statement = (
            select(JobRow)
            .where(JobRow.status == JobStatus.DONE)
            # An id begins with its time, and there is an index of them.
            .order_by(JobRow.id.desc())
            .limit(limit)
        )
        return await self._sessions.look(
            lambda session: [job_of(row) for row in session.scalars(statement)]
        )

    async def kept_child(self, parent_id: str, action: str) -> Job | None:
        """The newest job of ``action`` on ``parent_id`` that is under way or whose result is kept.

        Of a group it is the first job, whose message they share.
        """
        statement = (
            select(JobRow)
            .where(
                JobRow.parent_id == parent_id,
                JobRow.action == action,
                JobRow.place == 1,
                JobRow.status.in_(IN_FLIGHT) | JobRow.result_hash.is_not(None),
            )
            .order_by(JobRow.created_at.desc())
            .limit(1)
        )
        row = await self._sessions.look(lambda session: session.scalar(statement))
        return None if row is None else job_of(row)

    async def still_open(self, job_ids: Collection[str]) -> list[Job]:
        """Those of the jobs that wait or run once all that is being written now has been written.

        An outcome is written even if whoever asked for it was cancelled meanwhile.
        """
        statement = select(JOBS).where(JOBS.c.status.in_(IN_FLIGHT)).order_by(JOBS.c.created_at)

        def work(connection: Connection) -> list[Job]:
            return [job_of(row) for row in connection.execute(statement) if row.id in job_ids]

        # Not as other reads are: only the line of the writers is behind those outcomes.
        return await self._sessions.transact(work)

    async def set_message(self, job_id: str, message_id: int) -> None:
        """Note which message shows the job; raises ``UnknownJob``."""
        if not await self._change(JOBS.c.id == job_id, message_id=message_id):
            raise UnknownJob(job_id)

    async def claim(self, job_id: str) -> Job | None:
        """Begin the next attempt of a queued job; None when it does not wait any more."""
        rows = await self._change(
            JOBS.c.id == job_id,
            JOBS.c.status == JobStatus.QUEUED,
            status=JobStatus.RUNNING,
            attempt=JOBS.c.attempt + 1,
            started_at=datetime.now(UTC),
        )
        return job_of(rows[0]) if rows else None

    async def complete(self, job_id: str, attempt: int, result: JobResult) -> bool:
        """The attempt made ``result``: keep the charge and have it delivered."""
        values = {field.name: getattr(result, field.name) for field in fields(result)}

        def work(connection: Connection) -> bool:
            ended = end_job(connection, job_id, attempt, JobStatus.DONE, **values)
            if ended:
                image_uses.use_outputs(connection, job_id, result)
            return ended

        return await self._sessions.transact(work)

    async def retry(self, job_id: str, attempt: int) -> bool:
        """Queue the job again, as after an attempt that was lost; the charge stays reserved."""
        return bool(await self._change(*_running(job_id, attempt), status=JobStatus.QUEUED))

    async def fail(self, job_id: str, attempt: int, code: str, message: str) -> bool:
        """The job failed for good: give the charge back and have it told.

        Args:
            code: One word, for logs.
            message: One sentence, for the member.
        """
        return await self._sessions.transact(
            lambda connection: end_job(
                connection,
                job_id,
                attempt,
                JobStatus.FAILED,
                error_code=code,
                error_message=message,
            )
        )

    async def cancelled(self, job_id: str, attempt: int) -> bool:
        """The engine stopped the attempt as asked: give the charge back and have it told."""
        return await self._sessions.transact(
            lambda connection: end_job(connection, job_id, attempt, JobStatus.CANCELLED)
        )

    async def cancel(self, job_id: str, deed: Deed | None = None) -> JobStatus:
        """Cancel a job that waits: give the charge back and have it told.

        Args:
            deed: A moderator's, to be written down if the job waited or runs.

        Returns:
            Where the job stands now. ``RUNNING`` says that the engine must be asked to stop it.

        Raises:
            UnknownJob: There is no such job.
        """

        def work(connection: Connection) -> JobStatus | None:
            before = JobStatus.QUEUED
            if end_job(connection, job_id, None, JobStatus.CANCELLED):
                status: JobStatus | None = JobStatus.CANCELLED
            else:
                status = connection.scalar(select(JOBS.c.status).where(JOBS.c.id == job_id))
                before = JobStatus.RUNNING
            if deed is not None and status in (JobStatus.CANCELLED, JobStatus.RUNNING):
                after = {"status": JobStatus.CANCELLED.value}
                record_by(connection, deed, before={"status": before.value}, after=after)
            return status

        status = await self._sessions.transact(work)
        if status is None:
            raise UnknownJob(job_id)
        return status

    async def unfinished(self) -> list[Job]:
        """Take over all jobs without an outcome, oldest first; for the start of the bot only.

        Those that an ended process left running are queued again, so that they can be claimed.
        """

        def work(connection: Connection) -> list[Job]:
            _change(connection, JOBS.c.status == JobStatus.RUNNING, status=JobStatus.QUEUED)
            rows = connection.execute(
                select(JOBS)
                .where(JOBS.c.status == JobStatus.QUEUED)
                .order_by(JOBS.c.created_at, JOBS.c.id)
            )
            return [job_of(row) for row in rows]

        return await self._sessions.transact(work)

    async def outliving_token(self, now: datetime) -> list[Job]:
        """The jobs without an outcome whose interaction's token has come to its end."""
        statement = select(JobRow).where(
            JobRow.status.in_(IN_FLIGHT), JobRow.interaction_expires_at <= now
        )
        return await self._sessions.look(
            lambda session: [job_of(row) for row in session.scalars(statement)]
        )

    async def last_served(self) -> dict[int, datetime]:
        """By member: when a job of theirs was last claimed."""
        newest = func.max(JobRow.started_at)
        statement = select(JobRow.user_id, newest).group_by(JobRow.user_id)
        async with self._sessions.read() as session:
            rows = (await session.execute(statement)).all()
        return {user_id: moment for user_id, moment in rows if moment is not None}

    async def delete_result(self, job_id: str, deed: Deed | None = None) -> set[str]:
        """Forget what a job made, and its posts; its charge stays, a waiting delivery is dropped.

        Args:
            deed: A moderator's, to be written down if there was a result.

        Returns:
            Hashes that no job uses any more, to be deleted from the image store.

        Raises:
            UnknownJob: There is no such job.
        """
        mine = JOBS.c.id == job_id

        def work(connection: Connection) -> set[str]:
            row = connection.execute(select(JOBS).where(mine)).one_or_none()
            if row is None:
                raise UnknownJob(job_id)
            _change(connection, mine, result_hash=None, latents_hash=None)
            image_uses.forget_outputs(connection, job_id)
            posts.erase_shown(connection, [job_id])
            if row.status is JobStatus.DONE:
                now = datetime.now(UTC)
                outbox.withdraw(connection, job_id, "the result was deleted", now)
            made = {name for name in (row.result_hash, row.latents_hash) if name is not None}
            if deed is not None and row.result_hash is not None:
                record_by(connection, deed, before={"deleted": False}, after={"deleted": True})
            return image_uses.unused(connection, made)

        return await self._sessions.transact(work)

    async def _change(self, *where: ColumnElement[bool], **values: Any) -> Sequence[Any]:
        return await self._sessions.transact(
            lambda connection: _change(connection, *where, **values)
        )


def end_job(
    connection: Connection, job_id: str, attempt: int | None, status: Ending, **values: Any
) -> bool:
    """End a job whose ``attempt`` runs, or with None one that waits; whether it did."""
    now = datetime.now(UTC)
    values |= {"status": status, "finished_at": now}
    statement = _ending(tuple(values), waits=attempt is None)
    given = {f"new_{name}": value for name, value in values.items()}
    if attempt is not None:
        given["its_attempt"] = attempt
    ended = connection.execute(statement, {"its_job": job_id, **given}).one_or_none()
    if ended is None:
        return False
    kept = status is JobStatus.DONE
    ledger.settle(connection, job_id, kept=kept, reason=f"job {status}", now=now)
    if ended.group_id is None:
        outbox.announce(connection, job_id, status, now, ended.home)
    else:
        _announce_group(connection, ended.group_id, status, now, ended.home)
    return True


@cache
def _ending(names: tuple[str, ...], *, waits: bool) -> Executable:
    """The statement that sets ``names`` on a job that waits, or whose attempt runs."""
    job_id, attempt = bindparam("its_job", type_=String), bindparam("its_attempt", type_=Integer)
    where = JOBS.c.status == (JobStatus.QUEUED if waits else JobStatus.RUNNING)
    if not waits:
        where &= JOBS.c.attempt == attempt
    values = {name: bindparam(f"new_{name}", type_=JOBS.c[name].type) for name in names}
    statement = update(JOBS).where(JOBS.c.id == job_id, where).values(values)
    return statement.returning(JOBS.c.group_id, JOBS.c.home)


def _announce_group(
    connection: Connection, group_id: str, status: JobStatus, now: datetime, home: str | None
) -> None:
    """Have the outcome of a group told when the last of its jobs has ended."""
    take_group_lock(connection, group_id)
    statuses = set(connection.scalars(select(JOBS.c.status).where(JOBS.c.group_id == group_id)))
    if statuses.isdisjoint(IN_FLIGHT):
        kind = JobStatus.DONE if JobStatus.DONE in statuses else status
        outbox.announce(connection, group_id, kind, now, home)


def _running(job_id: str, attempt: int) -> tuple[ColumnElement[bool], ...]:
    return (
        JOBS.c.id == job_id,
        JOBS.c.attempt == attempt,
        JOBS.c.status == JobStatus.RUNNING,
    )


def _change(connection: Connection, *where: ColumnElement[bool], **values: Any) -> Sequence[Any]:
    return connection.execute(update(JOBS).where(*where).values(values).returning(JOBS)).all()


def _new_values(new: NewJob, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = dict.fromkeys(JOB_FIELDS)
    values |= {field.name: getattr(new, field.name) for field in fields(NewJob)}
    values |= {"status": JobStatus.QUEUED, "attempt": 0, "created_at": now}
    return values | {"notes": (), "unwanted": False}


def job_of(row: Any) -> Job:
    """A row as what goes out of the database."""
    # The columns are named and typed as the fields are; a test holds them together.
    return Job(**{name: getattr(row, name) for name in JOB_FIELDS})
