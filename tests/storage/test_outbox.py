"""The outbox: what is due when, and that what is settled stays settled."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import Database
from storage.outbox import Delivery
from storage.records import JobStatus
from tests.storage.making import result, running, submit


async def finished(database: Database) -> Delivery:
    """The delivery of one finished job."""
    job = await running(database)
    await database.jobs.complete(job.id, 1, result())
    return next(item for item in await due(database) if item.job_id == job.id)


async def due(database: Database, limit: int = 100) -> list[Delivery]:
    """What is due now."""
    return await database.outbox.due(datetime.now(UTC), limit)


async def test_a_delivery_waits_until_it_was_made(database: Database) -> None:
    """Nothing but ``delivered`` takes it off."""
    delivery = await finished(database)
    assert (delivery.kind, delivery.attempts) == (JobStatus.DONE, 0)
    assert await due(database) == [delivery]
    await database.outbox.delivered(delivery.id)
    assert await due(database) == []


async def test_a_postponed_delivery_is_due_again_at_its_time(database: Database) -> None:
    """And it knows how often it was tried."""
    delivery = await finished(database)
    until = datetime.now(UTC) + timedelta(minutes=5)
    await database.outbox.postpone(delivery.id, until, "503 Service Unavailable")
    assert await database.outbox.due(until - timedelta(microseconds=1), 9) == []
    [again] = await database.outbox.due(until, 9)
    assert (again.id, again.attempts) == (delivery.id, 1)


async def test_a_settled_delivery_stays_as_it_was_settled(
    database: Database, engine: AsyncEngine
) -> None:
    """Whatever a late word says; the reason's text may hold anything."""
    given_up, made = await finished(database), await finished(database)
    await database.outbox.abandoned(given_up.id, "gone\x00\ud800")
    await database.outbox.delivered(made.id)
    for delivery in (given_up, made):
        await database.outbox.postpone(delivery.id, datetime.now(UTC), "late")
        await database.outbox.delivered(delivery.id)
        await database.outbox.abandoned(delivery.id, "late")
    assert await due(database) == []
    columns = text("SELECT state, attempts, last_error FROM outbox ORDER BY id")
    async with engine.connect() as connection:
        rows = [tuple(row) for row in await connection.execute(columns)]
    assert rows == [("abandoned", 1, "gone?"), ("delivered", 0, None)]


async def test_the_longest_due_come_first_and_no_more_than_asked(database: Database) -> None:
    """A postponed one goes behind those that were due before its new time."""
    first = await finished(database)
    others = [await finished(database) for _ in range(3)]
    await database.outbox.postpone(first.id, datetime.now(UTC), "try later")
    assert [item.id for item in await due(database)] == [*(item.id for item in others), first.id]
    assert await due(database, 2) == others[:2]


async def test_a_job_has_one_delivery(database: Database, engine: AsyncEngine) -> None:
    """The schema refuses a second, whatever the code believes."""
    await finished(database)
    columns = "job_id, kind, state, attempts, created_at, due_at"
    copy = f"INSERT INTO outbox ({columns}) SELECT {columns} FROM outbox"  # noqa: S608  # a constant
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError):
            await connection.execute(text(copy))
    assert len(await due(database)) == 1


async def test_a_job_that_waits_has_none(database: Database) -> None:
    """There is nothing to tell yet."""
    await submit(database)
    assert await due(database) == []
