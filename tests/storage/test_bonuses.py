"""Grants, gifts, resets, pools and channels' own allowances."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime

import pytest

from storage.audit import Deed
from storage.database import Database
from storage.errors import PoolExhausted, QuotaExceeded
from storage.quota import QuotaBalance, QuotaDay
from storage.spending import Bonus, Spent
from tests.storage.making import GUILD, MEMBER, TODAY, TOMORROW, result, running, submit, terms

FRIDAY = date(2025, 6, 6)
MODERATOR = 42
OTHER = MEMBER + 1


def day(number: int) -> QuotaDay:
    """A day of June 2025."""
    return QuotaDay(date=date(2025, 6, number), ends_at=datetime(2025, 6, number + 1, tzinfo=UTC))


async def grant(
    database: Database, amount: int, expires_on: date = FRIDAY, user_id: int = MEMBER
) -> None:
    """Give bonus credits."""
    deed = Deed(guild_id=GUILD, actor_id=MODERATOR, action="quota grant", reason="a test")
    await database.quota.grant(deed, user_id, TODAY, amount=amount, expires_on=expires_on)


async def balance(
    database: Database, limit: int | None, on: QuotaDay = TODAY, user_id: int = MEMBER
) -> tuple[int, int | None, int | None]:
    """Used, limit and remaining."""
    found: QuotaBalance = await database.quota.balance(GUILD, user_id, terms(limit, day=on))
    return found.used, found.limit, found.remaining


async def bonuses(database: Database, on: QuotaDay = TODAY, user_id: int = MEMBER) -> list[Bonus]:
    """Bonus credits left."""
    return list((await database.quota.account(GUILD, user_id, terms(day=on))).bonuses)


async def spent(database: Database, user_id: int) -> list[Spent]:
    """Where today's credits went."""
    return list((await database.quota.account(GUILD, user_id, terms())).spent)


async def test_the_allowance_goes_first_and_then_the_soonest_to_expire(database: Database) -> None:
    """What is gone at midnight is not saved while something that lasts is spent."""
    await grant(database, 2, FRIDAY)
    await grant(database, 1, TOMORROW.date)
    assert await balance(database, 3) == (0, 6, 6)
    await submit(database, limit=3, cost=3)
    assert len(await bonuses(database)) == 2
    await submit(database, limit=3, cost=2)
    assert await bonuses(database) == [Bonus(expires_on=FRIDAY, credits=1)]
    assert await balance(database, 3) == (5, 6, 1)
    with pytest.raises(QuotaExceeded, match="5 of 6"):
        await submit(database, limit=3, cost=2)


async def test_what_is_left_of_a_grant_lasts_until_its_day_is_over(database: Database) -> None:
    """The next day has its whole allowance again, and the rest of the grant."""
    await grant(database, 10, FRIDAY)
    await submit(database, limit=1, cost=4)
    assert await balance(database, 1, day(6)) == (0, 8, 8)
    await submit(database, limit=1, cost=8, day=day(6))
    assert await balance(database, 1, day(7)) == (0, 1, 1)


async def test_a_refund_fills_the_pots_that_were_emptied(database: Database) -> None:
    """One job may have been paid out of several."""
    await grant(database, 2, FRIDAY)
    await grant(database, 2, TOMORROW.date)
    job = await submit(database, limit=1, cost=4)
    await database.jobs.cancel(job.id)
    assert await balance(database, 1) == (0, 5, 5)
    assert await bonuses(database) == [
        Bonus(expires_on=TOMORROW.date, credits=2),
        Bonus(expires_on=FRIDAY, credits=2),
    ]
    kept = await running(database, limit=1, cost=4)
    await database.jobs.complete(kept.id, 1, result())
    assert await balance(database, 1) == (4, 5, 1)


async def test_a_lowered_limit_leaves_the_bonus_alone(database: Database) -> None:
    """What was used above the new limit is no debt."""
    await submit(database, limit=5, cost=5)
    await grant(database, 2)
    assert await balance(database, 3) == (5, 5, 2)
    await submit(database, limit=3, cost=2)


async def test_no_limit_is_no_limit(database: Database) -> None:
    """It is counted all the same, and bonuses are saved."""
    await grant(database, 1)
    await submit(database, limit=None, cost=1_000_000)
    assert await balance(database, None) == (1_000_000, None, None)
    assert await bonuses(database) == [Bonus(expires_on=FRIDAY, credits=1)]


async def test_the_last_bonus_credit_goes_to_one(
    database: Database, other_database: Database
) -> None:
    """A hundred requests at once, of two processes, with nothing left but one bonus credit."""
    await grant(database, 1)
    outcomes = await asyncio.gather(
        *(submit(process, limit=0) for _ in range(50) for process in (database, other_database)),
        return_exceptions=True,
    )
    assert Counter(type(it).__name__ for it in outcomes) == {"Job": 1, "QuotaExceeded": 99}


async def test_the_last_credit_of_the_pool_goes_to_one(
    database: Database, other_database: Database
) -> None:
    """A hundred members at once, each with credits of their own."""
    outcomes = await asyncio.gather(
        *(
            submit(process, pool=3, cost=2, user_id=1 + 2 * n + which)
            for n in range(50)
            for which, process in enumerate((database, other_database))
        ),
        return_exceptions=True,
    )
    assert Counter(type(it).__name__ for it in outcomes) == {"Job": 1, "PoolExhausted": 99}


async def test_the_pool_counts_all_pots_and_is_filled_by_refunds(database: Database) -> None:
    """It is what the machine can make in a day, whoever pays with whatever."""
    await grant(database, 5)
    job = await submit(database, limit=1, cost=3, pool=3)
    with pytest.raises(PoolExhausted, match="3 credits") as caught:
        await submit(database, user_id=OTHER, pool=3)
    assert (caught.value.pool, caught.value.resets_at) == (3, TODAY.ends_at)
    await submit(database, user_id=OTHER, pool=3, guild_id=None)
    await submit(database, user_id=OTHER, pool=3, day=TOMORROW)
    await database.jobs.cancel(job.id)
    await submit(database, user_id=OTHER, pool=3, cost=3)


async def test_a_channels_own_allowance_is_counted_apart(database: Database) -> None:
    """Neither takes from the other; the bonus stands behind both."""
    await submit(database, limit=2, cost=2)
    await submit(database, limit=3, cost=3, own_channel=7)
    own = terms(3, channel_id=7)
    assert (await database.quota.balance(GUILD, MEMBER, own)).used == 3
    with pytest.raises(QuotaExceeded, match="3 of 3"):
        await submit(database, limit=3, own_channel=7)
    await submit(database, limit=3, own_channel=8)
    await grant(database, 1)
    await submit(database, limit=3, own_channel=7)
    with pytest.raises(QuotaExceeded, match="3 of 3"):
        await submit(database, limit=2)


async def test_a_gift_moves_credits_that_keep_their_life(database: Database) -> None:
    """Out of the allowance it is for today; out of a bonus it lasts as long as that."""
    await grant(database, 3)
    await database.quota.give(GUILD, MEMBER, terms(2), amount=4, receiver_id=OTHER)
    assert await balance(database, 2) == (0, 1, 1)
    assert await bonuses(database, user_id=OTHER) == [
        Bonus(expires_on=TODAY.date, credits=2),
        Bonus(expires_on=FRIDAY, credits=2),
    ]
    assert await balance(database, 1, user_id=OTHER) == (0, 5, 5)
    assert await balance(database, 1, TOMORROW, user_id=OTHER) == (0, 3, 3)


async def test_nobody_gives_what_they_have_not(
    database: Database, other_database: Database
) -> None:
    """Of a hundred gifts of the last credit at once, one is made."""
    with pytest.raises(QuotaExceeded, match="0 of 2"):
        await database.quota.give(GUILD, MEMBER, terms(2), amount=3, receiver_id=OTHER)
    with pytest.raises(QuotaExceeded):
        await database.quota.give(GUILD, MEMBER, terms(None), amount=1, receiver_id=OTHER)
    outcomes = await asyncio.gather(
        *(
            process.quota.give(GUILD, MEMBER, terms(1), amount=1, receiver_id=OTHER)
            for _ in range(50)
            for process in (database, other_database)
        ),
        return_exceptions=True,
    )
    assert Counter(type(it).__name__ for it in outcomes) == {"NoneType": 1, "QuotaExceeded": 99}
    assert await balance(database, 1) == (0, 0, 0)
    assert await balance(database, 0, user_id=OTHER) == (0, 1, 1)


async def reset(database: Database, user_id: int | None = MEMBER) -> None:
    """Let the count begin again."""
    deed = Deed(guild_id=GUILD, actor_id=MODERATOR, action="quota reset", reason="a test")
    users = None if user_id is None else [user_id]
    await database.quota.reset(deed, TODAY, user_ids=users)


async def test_a_reset_gives_back_what_is_settled_once(database: Database) -> None:
    """A job that waits may yet be refunded, and must not be given back twice."""
    done = await running(database, limit=5, cost=2)
    await database.jobs.complete(done.id, 1, result())
    waits = await submit(database, limit=5, cost=3)
    await asyncio.gather(*(reset(database) for _ in range(10)))
    assert await balance(database, 5) == (3, 5, 2)
    await database.jobs.cancel(waits.id)
    assert await balance(database, 5) == (0, 5, 5)
    await reset(database)
    assert await balance(database, 5) == (0, 5, 5)


async def test_a_guild_can_be_reset_at_once(database: Database) -> None:
    """Every member, in every channel, on that day and in that guild only."""
    for changes in ({}, {"user_id": OTHER}, {"own_channel": 7}, {"day": TOMORROW}, {"guild_id": 1}):
        done = await running(database, **changes)
        await database.jobs.complete(done.id, 1, result())
    await reset(database, user_id=None)
    assert await balance(database, 5) == (0, 5, 5)
    assert await balance(database, 5, user_id=OTHER) == (0, 5, 5)
    assert await balance(database, 5, TOMORROW) == (1, 5, 4)
    assert (await database.quota.balance(GUILD, MEMBER, terms(5, channel_id=7))).used == 0
    assert (await database.quota.balance(1, MEMBER, terms(5))).used == 1


async def test_a_member_sees_where_it_went(database: Database) -> None:
    """By action, without what was given back; gifts count too."""
    for action, cost in (("restyle", 1), ("reroll", 4), ("restyle", 2)):
        await submit(database, action=action, cost=cost)
    await database.jobs.cancel((await submit(database, action="remix")).id)
    await database.quota.give(GUILD, MEMBER, terms(), amount=2, receiver_id=OTHER)
    assert await spent(database, MEMBER) == [
        Spent(action="reroll", jobs=1, credits=4),
        Spent(action="restyle", jobs=2, credits=3),
        Spent(action=None, jobs=0, credits=2),
    ]
    assert await spent(database, OTHER) == []
    assert await database.quota.spenders(GUILD, TODAY) == [MEMBER]
