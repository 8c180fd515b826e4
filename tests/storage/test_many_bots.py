"""Several bots on one PostgreSQL: one line for all of them, leases, and what the dead leave."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.queue import FairQueue, QueuedJob
from storage.connection import make_engine, parse_url
from storage.database import Database
from storage.records import Job, JobStatus
from tests.storage.making import result, submit, terms, used

pytestmark = pytest.mark.postgres

LASTS_S = 60.0
ANNA, BELA, CARA = 1, 2, 3
ORDER_IN = ("A1", "A2", "B1", "C1", "C2", "A3")


@pytest.fixture
def url(postgres_url: str) -> str:
    """These are about PostgreSQL alone."""
    return postgres_url


@pytest.fixture
async def bots(database: Database, other_database: Database) -> tuple[Database, Database]:
    """Two bots with a lease each, ``one`` and ``two``."""
    await database.leases.take("one", LASTS_S)
    await other_database.leases.take("two", LASTS_S)
    return database, other_database


Bots = tuple[Database, Database]


async def claimed(database: Database, lease: str) -> Job:
    job = await database.line.claim(lease)
    assert job is not None
    return job


async def expire(engine: AsyncEngine, lease: str) -> None:
    """Let a lease run out, as if its bot had been silent for long enough."""
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE leases SET expires_at = now() - interval '1 s' WHERE id = :id"),
            {"id": lease},
        )


async def test_members_take_turns_whichever_bot_serves_them(bots: Bots) -> None:
    """A1 A2 B1 C1 C2 A3 come out as A1 B1 C1 A2 C2 A3."""
    waiting = [
        await submit(bots[at % 2], user_id=user, home="one")
        for at, user in enumerate([ANNA, ANNA, BELA, CARA, CARA, ANNA])
    ]
    names = {job.id: name for job, name in zip(waiting, ORDER_IN, strict=True)}
    places = {names[job.id]: await bots[1].line.position(job.id) for job in waiting}
    order = [(await claimed(bots[at % 2], ("one", "two")[at % 2])).id for at in range(6)]
    assert [names[job_id] for job_id in order] == ["A1", "B1", "C1", "A2", "C2", "A3"]
    assert sorted(places, key=lambda name: places[name] or 0) == [names[one] for one in order]
    assert sorted(place or 0 for place in places.values()) == [1, 2, 3, 4, 5, 6]
    assert await bots[0].line.claim("one") is None
    assert await bots[0].line.position(waiting[0].id) is None


async def test_whoever_was_served_waits_behind_those_who_come_later(bots: Bots) -> None:
    for _ in range(3):
        await submit(bots[0], user_id=ANNA)
    assert (await claimed(bots[0], "one")).user_id == ANNA
    await submit(bots[0], user_id=BELA)
    assert [(await claimed(bots[1], "two")).user_id for _ in range(3)] == [BELA, ANNA, ANNA]


async def test_priority_comes_first_and_what_lost_its_turn_before_that(bots: Bots) -> None:
    lost = await submit(bots[0], user_id=ANNA)
    await claimed(bots[0], "one")
    await submit(bots[0], user_id=BELA)
    urgent = await submit(bots[0], user_id=CARA, priority=1)
    assert await bots[0].jobs.retry(lost.id, 1)
    order = [(await claimed(bots[1], "two")).id for _ in range(2)]
    assert order == [lost.id, urgent.id]


async def test_bots_that_claim_at_once_never_get_the_same_job_nor_serve_one_member_twice(
    bots: Bots,
) -> None:
    members, each = 12, 5
    for number in range(members * each):
        await submit(bots[0], user_id=1 + number // each)

    async def claim_all(database: Database, lease: str) -> list[Job]:
        found = []
        while await database.line.length():
            if job := await database.line.claim(lease):
                found.append(job)
        return found

    halves = await asyncio.gather(
        *(claim_all(bots[at % 2], ("one", "two")[at % 2]) for at in range(4))
    )
    jobs = [job for half in halves for job in half]
    assert len({job.id for job in jobs}) == len(jobs) == members * each
    assert {job.holder for job in jobs} == {"one", "two"}
    assert all(job.attempt == 1 for job in jobs)
    # In the order of their turns, nobody had a turn more than others, give or take those that
    # were claimed at the same moment.
    ordered = sorted(jobs, key=lambda job: job.started_at or datetime.now(UTC))
    for upto in range(1, len(ordered)):
        turns = Counter(job.user_id for job in ordered[:upto])
        least = min(turns.get(1 + member, 0) for member in range(members))
        assert max(turns.values()) - least <= 2


STEPS = st.lists(
    st.tuples(st.sampled_from(["submit", "submit", "claim", "cancel"]), st.integers(0, 5)),
    max_size=25,
)


@pytest.mark.timeout(300)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_the_shared_line_serves_in_the_order_of_the_one_in_memory(
    postgres_url: str, steps: list[tuple[str, int]]
) -> None:
    async def compare() -> None:
        database, queue = Database(postgres_url), FairQueue()
        try:
            await _emptied(postgres_url)
            await database.leases.take("one", LASTS_S)
            for step, number in [*steps, *[("claim", 0)] * len(steps)]:
                await _both(database, queue, step, number)
        finally:
            await database.close()

    asyncio.run(compare())


async def _emptied(url: str) -> None:
    engine = make_engine(parse_url(url), lock_timeout_s=5.0, pooled=False)
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM jobs"))
        await connection.execute(text("DELETE FROM turns"))
        await connection.execute(text("DELETE FROM leases"))
    await engine.dispose()


async def _both(database: Database, queue: FairQueue, step: str, number: int) -> None:
    """Do the same to both lines; what comes out must be the same."""
    match step:
        case "submit":
            job = await submit(database, user_id=1 + number % 4, priority=number // 4, limit=None)
            queue.put(
                QueuedJob(
                    job_id=job.id,
                    user_id=job.user_id,
                    created_at=job.created_at,
                    priority=job.priority,
                )
            )
        case "claim":
            job_id = queue.pop().job_id if len(queue) else None
            claimed = await database.line.claim("one")
            assert (claimed and claimed.id) == job_id
        case _:
            waiting = [job.job_id for job in queue.order()]
            if waiting:
                gone = waiting[number % len(waiting)]
                assert queue.remove(gone)
                assert await database.jobs.cancel(gone) is JobStatus.CANCELLED
    assert await database.line.length() == len(queue)


async def test_a_lease_that_is_renewed_keeps_what_it_holds(bots: Bots) -> None:
    job = await submit(bots[0])
    await claimed(bots[0], "one")
    mine, other = await bots[0].leases.beat("one", LASTS_S), await bots[1].leases.beat("two", 9)
    assert (mine.held, mine.freed, mine.others) == (True, [], 1)
    assert (other.held, other.freed, other.adopted) == (True, [], 0)
    assert await bots[0].jobs.complete(job.id, 1, result())


async def test_the_jobs_of_a_dead_bot_go_to_another_which_delivers_them_once(
    bots: Bots, engine: AsyncEngine
) -> None:
    job = await submit(bots[0], home="one")
    await claimed(bots[0], "one")
    await expire(engine, "one")
    beat = await bots[1].leases.beat("two", LASTS_S)
    assert (beat.freed, beat.others, beat.waiting) == ([job.id], 0, 1)
    # What the one that was taken for dead still says counts for nothing.
    assert not (await bots[0].leases.beat("one", LASTS_S)).held
    assert not await bots[0].jobs.complete(job.id, 1, result())
    assert await bots[0].line.claim("one") is None
    again = await claimed(bots[1], "two")
    assert (again.id, again.attempt, again.holder) == (job.id, 2, "two")
    assert not await bots[0].jobs.fail(job.id, 1, "late", "Too late.")
    assert await bots[1].jobs.complete(job.id, 2, result())
    assert await used(bots[1]) == 1
    # It was the dead one's to tell; now it is the other's.
    assert await bots[1].outbox.due(_soon(), 9, holder="two") == []
    assert (await bots[1].leases.beat("two", LASTS_S)).adopted == 1
    [delivery] = await bots[1].outbox.due(_soon(), 9, holder="two")
    assert not await bots[0].outbox.begin_post(delivery.id, _soon(), holder="one")
    await bots[0].outbox.abandoned(delivery.id, "late", holder="one")
    assert await bots[1].outbox.begin_post(delivery.id, _soon(), holder="two")
    assert await used(bots[1]) == 1


async def test_what_a_bot_tells_of_is_what_it_took_in(bots: Bots) -> None:
    """Whoever says "queued" in a message is the only one to say more in it."""
    job = await submit(bots[0], home="one")
    await claimed(bots[1], "two")
    assert await bots[1].jobs.complete(job.id, 1, result())
    assert (await bots[1].leases.beat("two", LASTS_S)).adopted == 0
    assert await bots[1].outbox.due(_soon(), 9, holder="two") == []
    assert len(await bots[0].outbox.due(_soon(), 9, holder="one")) == 1


async def test_what_is_taken_back_elsewhere_is_told_to_its_holder(
    bots: Bots, engine: AsyncEngine
) -> None:
    first, second = [await submit(bots[0], user_id=user) for user in (ANNA, BELA)]
    for _ in range(2):
        await claimed(bots[0], "one")
    assert await bots[1].jobs.cancel(first.id) is JobStatus.RUNNING
    await bots[1].leases.want_no_more(first.id)
    assert (await bots[0].leases.beat("one", LASTS_S)).unwanted == {first.id}
    assert (await bots[1].leases.beat("two", LASTS_S)).unwanted == frozenset()
    # Should the holder die before it could obey, nobody runs it again.
    await expire(engine, "one")
    assert (await bots[1].leases.beat("two", LASTS_S)).freed == [second.id]
    assert (await bots[1].jobs.get(first.id)).status is JobStatus.CANCELLED
    assert await used(bots[1], user_id=ANNA) == 0


async def test_a_lease_that_is_given_back_frees_all_at_once(bots: Bots) -> None:
    job = await submit(bots[0], home="one")
    await claimed(bots[0], "one")
    await bots[0].leases.end("one")
    again = await claimed(bots[1], "two")
    assert (again.id, again.attempt) == (job.id, 2)


@pytest.mark.parametrize("first", [0, 1])
async def test_a_claim_that_did_not_reach_the_disk_is_made_again_and_counts_once(
    bots: Bots, engine: AsyncEngine, first: int
) -> None:
    """PostgreSQL fell before the claim was written: two bots have the same attempt of one job."""
    job = await submit(bots[0], home="one")
    await claimed(bots[0], "one")
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE jobs SET status = 'queued', attempt = 0, holder = NULL, started_at = NULL")
        )
    assert not await bots[0].jobs.complete(job.id, 1, result())
    again = await claimed(bots[1], "two")
    assert (again.id, again.attempt) == (job.id, 1)
    assert await bots[first].jobs.complete(job.id, 1, result())
    assert not await bots[1 - first].jobs.complete(job.id, 1, result())
    assert await used(bots[1]) == 1


async def test_a_claim_does_not_wait_for_whoever_takes_its_lease_away(
    bots: Bots, engine: AsyncEngine
) -> None:
    """It holds a member's turn, which those who free the jobs of the dead may wait for."""
    await submit(bots[0])
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM leases WHERE id = 'one'"))
        async with asyncio.timeout(5):
            assert await bots[0].line.claim("one") is None
    assert (await claimed(bots[1], "two")).attempt == 1


async def test_many_bots_that_find_a_dead_one_at_once_free_its_jobs_once(
    bots: Bots, engine: AsyncEngine
) -> None:
    for user in range(8):
        await submit(bots[0], user_id=1 + user)
        await claimed(bots[0], "one")
    await expire(engine, "one")
    await bots[0].leases.take("three", LASTS_S)
    beats = await asyncio.gather(
        bots[1].leases.beat("two", LASTS_S), bots[0].leases.beat("three", LASTS_S)
    )
    assert sorted(len(beat.freed) for beat in beats) == [0, 8]


async def test_taking_back_and_claiming_at_once_never_wait_for_each_other(bots: Bots) -> None:
    """The one holds a job and wants its member's turn, the other the other way round."""
    jobs = [await submit(bots[0], user_id=1 + at % 3, limit=None) for at in range(30)]

    async def claim_some() -> int:
        return sum([await bots[1].line.claim("two") is not None for _ in range(30)])

    cancelled, taken = await asyncio.gather(
        asyncio.gather(*(bots[0].jobs.cancel(job.id) for job in jobs)), claim_some()
    )
    gone = sum(status is JobStatus.CANCELLED for status in cancelled)
    assert gone + taken + await bots[0].line.length() == 30


async def test_a_line_that_was_there_before_its_table_is_taken_over(
    database: Database, engine: AsyncEngine
) -> None:
    """The counts that triggers keep are those of the jobs themselves."""
    news = [await submit(database, user_id=1 + at % 2) for at in range(5)]
    await database.jobs.cancel(news[0].id)
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT user_id, waiting, job_id FROM turns ORDER BY user_id")
        )
        assert [tuple(row) for row in rows] == [(1, 2, news[2].id), (2, 2, news[1].id)]
    assert terms().allowance == 100


def _soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=1)
