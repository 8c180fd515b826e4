"""The life of a job in the database: what comes back, who may end it, and what that entails."""

import asyncio
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta

import pytest

from storage.database import Database
from storage.errors import DatabaseRefused, UnknownJob
from storage.records import Job, JobResult, JobStatus
from storage.tables import JobRow
from tests.storage.making import (
    GUILD,
    MEMBER,
    RESULT,
    new_job,
    result,
    running,
    submit,
    terms,
    used,
)

LATER = timedelta(minutes=1)


async def outcomes(database: Database) -> list[tuple[str, JobStatus]]:
    """What the outbox would tell, in order."""
    due = await database.outbox.due(datetime.now(UTC) + LATER, 100)
    return [(delivery.job_id, delivery.kind) for delivery in due]


def test_the_columns_are_the_fields_of_a_job() -> None:
    """Rows are turned into jobs by name."""
    assert [column.name for column in JobRow.__table__.columns] == [
        field.name for field in fields(Job)
    ]


async def test_a_job_comes_back_as_it_was_handed_in(database: Database) -> None:
    """Every field survives, to the microsecond and the last bit of a snowflake."""
    new = new_job(message_id=2**63 - 1, priority=-3, cost=2)
    before = datetime.now(UTC)
    job = await database.jobs.submit(new, terms(2))
    assert job == await database.jobs.get(new.id)
    assert asdict(new).items() <= asdict(job).items()
    assert (job.status, job.attempt, job.notes) == (JobStatus.QUEUED, 0, ())
    assert before <= job.created_at <= datetime.now(UTC)
    assert job.created_at.tzinfo is UTC
    assert job.interaction_expires_at.tzinfo is UTC


async def test_a_finished_job_has_what_was_made(database: Database) -> None:
    """The result is on the row and the outbox tells of it."""
    job = await running(database)
    assert await database.jobs.complete(job.id, 1, result())
    done = await database.jobs.get(job.id)
    made = {field.name: getattr(done, field.name) for field in fields(JobResult)}
    assert JobResult(**made) == result()
    assert done.status is JobStatus.DONE
    assert done.finished_at is not None
    assert done.started_at is not None
    assert done.created_at <= done.started_at <= done.finished_at
    assert await outcomes(database) == [(job.id, JobStatus.DONE)]
    assert await used(database) == 1


async def test_a_failed_job_is_given_back_and_told(database: Database) -> None:
    """Its reason is on the row; whatever the text holds, both databases take it."""
    job = await running(database)
    assert await database.jobs.fail(job.id, 1, "nan", "Not\x00finite \ud800.")
    failed = await database.jobs.get(job.id)
    assert failed.status is JobStatus.FAILED
    assert (failed.error_code, failed.error_message) == ("nan", "Notfinite ?.")
    assert await outcomes(database) == [(job.id, JobStatus.FAILED)]
    assert await used(database) == 0


async def test_a_stopped_job_is_given_back_and_told(database: Database) -> None:
    """The engine said that it stopped the attempt."""
    job = await running(database)
    assert await database.jobs.cancelled(job.id, 1)
    assert (await database.jobs.get(job.id)).status is JobStatus.CANCELLED
    assert await outcomes(database) == [(job.id, JobStatus.CANCELLED)]
    assert await used(database) == 0


async def test_cancel_tells_where_the_job_stands(database: Database) -> None:
    """Only a job that waits is cancelled; for the others the caller learns what they are."""
    waiting = await submit(database)
    assert await database.jobs.cancel(waiting.id) is JobStatus.CANCELLED
    assert await database.jobs.claim(waiting.id) is None
    assert await used(database) == 0
    job = await running(database)
    assert await database.jobs.cancel(job.id) is JobStatus.RUNNING
    assert await database.jobs.complete(job.id, 1, result())
    assert await database.jobs.cancel(job.id) is JobStatus.DONE
    assert await used(database) == 1
    assert await outcomes(database) == [
        (waiting.id, JobStatus.CANCELLED),
        (job.id, JobStatus.DONE),
    ]


async def test_a_retried_job_is_claimed_under_a_new_attempt(database: Database) -> None:
    """It stays charged, and is told only when it ends."""
    job = await running(database)
    assert await database.jobs.retry(job.id, 1)
    assert await outcomes(database) == []
    again = await database.jobs.claim(job.id)
    assert again is not None
    assert (again.attempt, again.status) == (2, JobStatus.RUNNING)
    assert await used(database) == 1


async def test_an_attempt_that_is_over_has_no_say(database: Database) -> None:
    """Nothing that a late word of the first attempt asks for happens to the second."""
    job = await running(database)
    await database.jobs.retry(job.id, 1)
    await database.jobs.claim(job.id)
    jobs = database.jobs
    assert not await jobs.complete(job.id, 1, result())
    assert not await jobs.fail(job.id, 1, "lost", "Lost.")
    assert not await jobs.cancelled(job.id, 1)
    assert not await jobs.retry(job.id, 1)
    now = await jobs.get(job.id)
    assert (now.status, now.attempt, now.result_hash) == (JobStatus.RUNNING, 2, None)
    assert await outcomes(database) == []
    assert await database.images.count(RESULT) == 0


async def test_a_queued_job_has_no_attempt_to_end(database: Database) -> None:
    """Its number alone is not enough; the attempt must run."""
    job = await running(database)
    await database.jobs.retry(job.id, 1)
    assert not await database.jobs.complete(job.id, 1, result())
    assert (await database.jobs.get(job.id)).status is JobStatus.QUEUED


async def test_one_of_many_endings_wins(database: Database, other_database: Database) -> None:
    """Whoever ends an attempt first, from whichever process, the others change nothing."""
    job = await running(database, cost=3)
    endings = await asyncio.gather(
        *(
            ending
            for jobs in (database.jobs, other_database.jobs)
            for ending in (
                jobs.complete(job.id, 1, result()),
                jobs.fail(job.id, 1, "nan", "Not finite."),
                jobs.cancelled(job.id, 1),
            )
        )
    )
    assert sorted(endings) == [False] * 5 + [True]
    ended = await database.jobs.get(job.id)
    assert await outcomes(database) == [(job.id, ended.status)]
    assert await used(database) == (3 if ended.status is JobStatus.DONE else 0)


async def test_one_of_many_claims_wins(database: Database, other_database: Database) -> None:
    """A job runs once at a time, whoever asks for it."""
    job = await submit(database)
    claims = await asyncio.gather(
        *(jobs.claim(job.id) for jobs in (database.jobs, other_database.jobs) for _ in range(5))
    )
    assert [claim.attempt for claim in claims if claim is not None] == [1]


async def test_unfinished_takes_over_what_a_dead_process_ran(database: Database) -> None:
    """Running and waiting jobs come back, oldest first, and can be claimed."""
    first = await running(database)
    second = await submit(database)
    over = await running(database)
    await database.jobs.complete(over.id, 1, result())
    jobs = await database.jobs.unfinished()
    assert [(job.id, job.status, job.attempt) for job in jobs] == [
        (first.id, JobStatus.QUEUED, 1),
        (second.id, JobStatus.QUEUED, 0),
    ]
    assert not await database.jobs.complete(first.id, 1, result())
    claimed = await database.jobs.claim(first.id)
    assert claimed is not None
    assert claimed.attempt == 2


async def test_last_served_is_the_newest_claim_of_each_member(database: Database) -> None:
    """Who was never served is not in it."""
    await running(database, user_id=1)
    newest = await running(database, user_id=1)
    await submit(database, user_id=2)
    assert await database.jobs.last_served() == {1: newest.started_at}


async def test_the_message_can_be_set(database: Database) -> None:
    """Its id is known only after the job is."""
    job = await submit(database)
    await database.jobs.set_message(job.id, 42)
    assert (await database.jobs.get(job.id)).message_id == 42


@pytest.mark.parametrize("job_id", ["nothing", "", "'; DROP TABLE jobs"])
async def test_an_unknown_job_is_one_sentence(database: Database, job_id: str) -> None:
    """All that take an id say so alike."""
    jobs = database.jobs
    for ask in (jobs.get, jobs.cancel, jobs.delete_result, lambda name: jobs.set_message(name, 1)):
        with pytest.raises(UnknownJob, match="There is no job"):
            await ask(job_id)
    assert await jobs.claim(job_id) is None


async def test_a_lineage_must_exist(database: Database) -> None:
    """A parent that is no job is refused, and nothing is charged."""
    parent = await submit(database)
    child = await submit(database, parent_id=parent.id, root_id=parent.id)
    assert (child.parent_id, child.root_id) == (parent.id, parent.id)
    with pytest.raises(DatabaseRefused):
        await submit(database, parent_id="0" * 22)
    assert await used(database) == 2
    assert (await database.quota.balance(GUILD, MEMBER, terms(2))).remaining == 0
