"""A guild's usage by its own days, which have 23 or 25 hours where the clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import Database
from storage.quota import day_begins, quota_day
from tests.storage.making import GUILD, MEMBER, result, running, submit

ZONE = "Europe/Berlin"


@pytest.mark.parametrize(
    ("today", "hours"),
    [(date(2025, 3, 31), [24, 24, 23, 24]), (date(2025, 10, 27), [24, 24, 25, 24])],
    ids=["spring", "autumn"],
)
async def test_days_are_whole_across_changes_of_the_clock(
    database: Database, engine: AsyncEngine, today: date, hours: list[int]
) -> None:
    """One job in the first and one in the last minute of each day, and one just before all."""
    days = [today - timedelta(days=back) for back in (3, 2, 1, 0)]
    begins = [day_begins(day, ZONE) for day in days]
    ends = [quota_day(moment, ZONE).ends_at for moment in begins]
    spans = [end - begin for begin, end in zip(begins, ends, strict=True)]
    assert spans == [timedelta(hours=n) for n in hours]
    moments = [begins[0] - timedelta(seconds=1)]
    for begin, end in zip(begins, ends, strict=True):
        moments += [begin, end - timedelta(seconds=1)]
    for moment in moments:
        job = await submit(database)
        async with engine.begin() as connection:
            statement = text("UPDATE jobs SET created_at = :at WHERE id = :id")
            # As the columns of SQLite keep it.
            value = f"{moment:%F %T.%f}" if engine.dialect.name == "sqlite" else moment
            await connection.execute(statement, {"at": value, "id": job.id})
    found = await database.usage.by_day(GUILD, begins[0], ends[-1] - timedelta(seconds=1), ZONE)
    assert [(day.date, day.jobs) for day in found] == [(day, 2) for day in days]
    [member] = await database.usage.by_member(GUILD, begins[0], ends[-1], 5)
    assert (member.user_id, member.jobs) == (MEMBER, 8)


async def test_failures_and_seconds_are_counted_apart(database: Database) -> None:
    now = datetime.now(UTC)
    done = await running(database)
    await database.jobs.complete(done.id, 1, result(seconds=1.25))
    failed = await running(database)
    await database.jobs.fail(failed.id, 1, "nan", "Not finite.")
    [today] = await database.usage.by_day(
        GUILD, day_begins(now.date(), "UTC"), datetime.now(UTC), "UTC"
    )
    assert (today.jobs, today.failed, today.seconds) == (2, 1, 1.25)
