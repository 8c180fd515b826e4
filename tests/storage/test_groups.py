"""Jobs that share a message: charged together, ended one by one, told once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import Connection, text

from storage.connection import make_parent_folder, parse_url
from storage.database import Database
from storage.errors import AlreadySubmitted, QuotaExceeded, TooManyInFlight
from storage.migrations.upgrading import alembic_config
from storage.records import Job, JobStatus
from tests.storage.making import new_job, result, submit, terms, used
from tests.storage.test_migrations import on_connection, upgrade


async def group_of(
    database: Database, count: int, *, limit: int = 100, **changes: int
) -> list[Job]:
    """Hand in ``count`` jobs with one message."""
    first = new_job()
    news = [
        new_job(
            id=first.id if place == 1 else new_job().id, group_id=first.id, place=place, **changes
        )
        for place in range(1, count + 1)
    ]
    return await database.jobs.submit_all(news, terms(limit, max_in_flight_per_user=5))


async def told(database: Database) -> list[tuple[str, JobStatus]]:
    due = await database.outbox.due(datetime.now(UTC) + timedelta(minutes=1), 100)
    return [(delivery.job_id, delivery.kind) for delivery in due]


async def test_a_group_is_charged_whole_and_read_by_place(database: Database) -> None:
    jobs = await group_of(database, 4)
    assert await used(database) == 4
    assert [job.place for job in jobs] == [1, 2, 3, 4]
    for job in jobs:
        assert await database.jobs.group(job) == jobs
    alone = await submit(database)
    assert await database.jobs.group(alone) == [alone]


async def test_a_group_that_cannot_be_paid_whole_is_not_charged_at_all(database: Database) -> None:
    await submit(database)
    with pytest.raises(QuotaExceeded) as refused:
        await group_of(database, 3, limit=3)
    assert (refused.value.used, refused.value.limit, refused.value.cost) == (1, 3, 3)
    assert await used(database) == 1
    assert len(await database.jobs.unfinished()) == 1


async def test_a_group_counts_as_its_jobs_in_flight(database: Database) -> None:
    await group_of(database, 4)
    with pytest.raises(TooManyInFlight):
        await group_of(database, 2)
    assert len(await group_of(database, 1)) == 1


async def test_a_group_is_told_once_when_its_last_job_has_ended(database: Database) -> None:
    jobs = await group_of(database, 3)
    first, second, third = [await database.jobs.claim(job.id) for job in jobs]
    assert first is not None
    assert second is not None
    assert third is not None
    assert await database.jobs.complete(second.id, 1, result())
    assert await database.jobs.retry(first.id, 1)
    assert await database.jobs.fail(third.id, 1, "nan", "No.")
    assert await told(database) == []
    assert await database.jobs.cancel(first.id) is JobStatus.CANCELLED
    # The one that came to be is what counts, though it was not the last to end.
    assert await told(database) == [(jobs[0].id, JobStatus.DONE)]
    assert await used(database) == 1


async def test_jobs_of_a_group_that_end_at_once_are_told_once(
    database: Database, other_database: Database
) -> None:
    for _ in range(5):
        jobs = await group_of(database, 2)
        for job in jobs:
            assert await database.jobs.claim(job.id)
        ended = await asyncio.gather(
            database.jobs.complete(jobs[0].id, 1, result()),
            other_database.jobs.complete(jobs[1].id, 1, result()),
        )
        assert all(ended)
        assert [job_id for job_id, _ in await told(database)].count(jobs[0].id) == 1


async def test_an_interaction_is_obeyed_once(database: Database) -> None:
    await submit(database, interaction_id=7)
    with pytest.raises(AlreadySubmitted):
        await submit(database, interaction_id=7)
    assert await used(database) == 1
    # The members of a group share theirs.
    assert len(await group_of(database, 2, interaction_id=8)) == 2
    with pytest.raises(AlreadySubmitted):
        await group_of(database, 2, interaction_id=8)


async def test_a_job_may_begin_from_words_alone(database: Database) -> None:
    job = await submit(database, source_hash=None)
    assert (await database.jobs.get(job.id)).source_hash is None


async def test_an_older_database_keeps_its_jobs(empty_url: str) -> None:
    """Their sources, uses and deliveries outlive the change of the table."""

    def first_tables(connection: Connection) -> None:
        command.upgrade(alembic_config(connection), "0001")
        connection.execute(
            text(
                "INSERT INTO jobs (id, channel_id, user_id, action, params, source_hash,"
                " source_notes, interaction_token, interaction_expires_at, application_id, locale,"
                " attachment_size_limit, priority, cost, status, attempt, created_at, notes)"
                " VALUES ('a', 1, 2, 'restyle', '{}', 'abc', '[]', 't', '2025-06-01 12:00:00', 3,"
                " 'en-GB', 4, 0, 1, 'done', 1, '2025-06-01 12:00:00', '[]')"
            )
        )
        connection.execute(
            text("INSERT INTO image_uses (job_id, role, hash) VALUES ('a', 'source', 'abc')")
        )

    make_parent_folder(parse_url(empty_url))
    await on_connection(empty_url, first_tables)
    await upgrade(empty_url)
    database = Database(empty_url)
    try:
        job = await database.jobs.get("a")
        assert (job.source_hash, job.group_id, job.place) == ("abc", None, 1)
        assert await database.images.count("abc") == 1
    finally:
        await database.close()
