"""Handing jobs in: the quota and the limits hold, however many ask at once."""

import asyncio
import traceback
from collections import Counter

import pytest

from storage.database import Database
from storage.errors import DatabaseRefused, QuotaExceeded, TooManyInFlight
from storage.records import Job
from tests.storage.making import GUILD, MEMBER, TODAY, TOKEN, TOMORROW, result, submit, terms, used

REQUESTS = 100


def kinds(outcomes: list[Job | BaseException]) -> Counter[str]:
    """How often each kind of outcome came up."""
    return Counter(type(outcome).__name__ for outcome in outcomes)


async def test_the_last_credit_goes_to_one(database: Database) -> None:
    """With one credit left and a hundred requests at once, exactly one wins."""
    await submit(database, limit=5, cost=4)
    outcomes = await asyncio.gather(
        *(submit(database, limit=5) for _ in range(REQUESTS)), return_exceptions=True
    )
    assert kinds(outcomes) == {"Job": 1, "QuotaExceeded": REQUESTS - 1}
    assert await used(database) == 5
    assert len(await database.jobs.unfinished()) == 2


async def test_the_last_credit_goes_to_one_of_two_processes(
    database: Database, other_database: Database
) -> None:
    """Nothing in this process's memory guards the credit; the database does."""
    outcomes = await asyncio.gather(
        *(
            submit(process, limit=1)
            for _ in range(REQUESTS // 2)
            for process in (database, other_database)
        ),
        return_exceptions=True,
    )
    assert kinds(outcomes) == {"Job": 1, "QuotaExceeded": REQUESTS - 1}


@pytest.mark.parametrize("scope", ["user", "guild"])
async def test_the_last_place_in_flight_goes_to_one(
    database: Database, other_database: Database, scope: str
) -> None:
    """The limits in flight are as tight as the quota, for many members of one guild too."""
    by_user = scope == "user"
    users = [MEMBER] * 20 if by_user else range(1, 21)
    outcomes = await asyncio.gather(
        *(
            submit(
                process,
                user_id=user,
                per_user=1 if by_user else 1000,
                per_guild=1000 if by_user else 1,
            )
            for user in users
            for process in (database, other_database)
        ),
        return_exceptions=True,
    )
    assert kinds(outcomes) == {"Job": 1, "TooManyInFlight": 39}


async def test_an_exceeded_quota_says_how_much_and_until_when(database: Database) -> None:
    """The error carries what the member is told; nothing was written."""
    await submit(database, limit=3, cost=2)
    with pytest.raises(QuotaExceeded, match="2 of 3 credits") as caught:
        await submit(database, limit=3, cost=2)
    error = caught.value
    assert (error.used, error.limit, error.resets_at) == (2, 3, TODAY.ends_at)
    assert len(await database.jobs.unfinished()) == 1
    await submit(database, limit=3, cost=1)


async def test_a_limit_in_flight_counts_waiting_and_running_jobs_only(database: Database) -> None:
    """A place is free again once a job is over."""
    first = await submit(database, per_user=2)
    second = await submit(database, per_user=2)
    await database.jobs.claim(first.id)
    with pytest.raises(TooManyInFlight, match="user already has 2") as caught:
        await submit(database, per_user=2)
    assert (caught.value.scope, caught.value.limit) == ("user", 2)
    await database.jobs.complete(first.id, 1, result())
    await submit(database, per_user=2)
    await database.jobs.cancel(second.id)
    await submit(database, per_user=2)
    with pytest.raises(TooManyInFlight, match="guild already has 2"):
        await submit(database, user_id=1, per_guild=2)


async def test_direct_messages_are_a_pool_of_their_own(database: Database) -> None:
    """They share neither credits nor the guild's limit, but the member's limit in flight."""
    await submit(database, limit=1)
    await submit(database, limit=1, guild_id=None)
    with pytest.raises(QuotaExceeded):
        await submit(database, limit=1, guild_id=None)
    await submit(database, limit=1, guild_id=None, user_id=1, per_guild=0)
    with pytest.raises(TooManyInFlight):
        await submit(database, limit=9, guild_id=None, per_user=2)
    assert (await database.quota.balance(None, MEMBER, terms(1))).remaining == 0
    assert (await database.quota.balance(GUILD, 1, terms(1))).remaining == 1


async def test_each_day_is_a_pool_of_its_own(database: Database) -> None:
    """A refund goes to the day that was charged, whenever the job ends."""
    yesterdays = await submit(database, limit=1)
    await submit(database, limit=1, day=TOMORROW)
    await database.jobs.cancel(yesterdays.id)
    assert await used(database) == 0
    assert await used(database, day=TOMORROW) == 1


async def test_an_interaction_token_is_in_no_traceback(database: Database) -> None:
    """It shows neither in a job's ``repr`` nor in an error about its row."""
    job = await submit(database)
    assert TOKEN not in repr(job)
    # The database refuses the statement that holds the token among its parameters.
    with pytest.raises(DatabaseRefused) as caught:
        await submit(database, parent_id="0" * 22)
    shown = "".join(traceback.format_exception(caught.value))
    assert "INSERT INTO jobs" in shown
    assert TOKEN not in shown
    assert await used(database) == 1
