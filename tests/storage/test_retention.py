"""Pictures go when their time is over, and never while something still needs them."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage.audit import Deed
from storage.cases import Case, NewCase
from storage.database import Database
from storage.dropping import drop_unused
from storage.image_folder import ImageFolder
from storage.moderation_tables import CaseKind, Decision
from storage.records import Job
from tests.storage.making import ALPHA, GUILD, LATENTS, MEMBER, RESULT, SOURCE, result, running

ALL = {SOURCE, ALPHA, RESULT, LATENTS}
OTHER_GUILD = GUILD + 1
MODERATING = Deed(guild_id=GUILD, actor_id=77, action="decide")


async def finished(database: Database, **changes: object) -> Job:
    """A job that is done and delivered."""
    job = await running(database, **changes)
    await database.jobs.complete(job.id, 1, result())
    await deliver(database)
    return await database.jobs.get(job.id)


async def deliver(database: Database) -> None:
    for delivery in await database.outbox.due(datetime.now(UTC) + timedelta(days=1), 99):
        await database.outbox.delivered(delivery.id)


def in_days(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


async def keeps(database: Database, job: Job) -> bool:
    """Whether a job still has its result."""
    return (await database.jobs.get(job.id)).result_hash is not None


async def test_a_picture_goes_when_its_time_is_over_and_the_row_stays(database: Database) -> None:
    job = await finished(database)
    early = await database.retention.expire(90, in_days(89), chosen=False)
    assert (early.jobs, early.hashes) == (0, frozenset())
    assert await keeps(database, job)
    late = await database.retention.expire(90, in_days(91), chosen=False)
    assert (late.jobs, late.hashes) == (1, frozenset(ALL))
    assert await database.images.unused(ALL) == ALL
    left = await database.jobs.get(job.id)
    assert (left.result_hash, left.latents_hash, left.width) == (None, None, 512)
    # The second time there is nothing left to do.
    assert (await database.retention.expire(90, in_days(91), chosen=False)).jobs == 0


async def test_each_guild_has_its_own_time(database: Database) -> None:
    await database.guilds.change(
        Deed(guild_id=GUILD, actor_id=1, action="set retention"), retention_days=3
    )
    assert await database.retention.chosen() == {3}
    here = await finished(database)
    there = await finished(database, guild_id=OTHER_GUILD)
    private = await finished(database, guild_id=None)
    assert (await database.retention.expire(3, in_days(4), chosen=True)).jobs == 1
    assert [await keeps(database, job) for job in (here, there, private)] == [False, True, True]
    assert (await database.retention.expire(90, in_days(91), chosen=False)).jobs == 2


async def test_what_is_not_at_rest_keeps_its_pictures(database: Database) -> None:
    runs = await running(database)
    untold = await running(database)
    await database.jobs.complete(untold.id, 1, result())
    reported = await finished_but(database, untold)
    mates = [await running(database, group_id="g", id=name, place=n) for n, name in PLACES]
    await database.jobs.complete(mates[1].id, 1, result())
    assert (await database.retention.expire(1, in_days(99), chosen=False)).jobs == 0
    for job in (untold, reported, mates[1]):
        assert await keeps(database, job)
    # A group's message is told of once all of it has ended; then each may go.
    await database.jobs.complete(mates[0].id, 1, result())
    await database.jobs.complete(runs.id, 1, result())
    await deliver(database)
    assert (await database.retention.expire(1, in_days(99), chosen=False)).jobs == 4


PLACES = ((1, "g"), (2, "h"))


async def finished_but(database: Database, untold: Job) -> Job:
    """A job that was delivered and reported, while ``untold`` still waits to be told."""
    job = await running(database)
    await database.jobs.complete(job.id, 1, result())
    for delivery in await database.outbox.due(in_days(1), 99):
        if delivery.job_id != untold.id:
            await database.outbox.delivered(delivery.id)
    case = NewCase(
        guild_id=GUILD,
        kind=CaseKind.REPORT,
        member_id=MEMBER,
        locale="en-GB",
        channel_id=5,
        job_id=job.id,
        reporter_id=2,
    )
    assert await database.cases.open(case) is not None
    return job


async def test_what_a_later_job_starts_from_stays_on_the_disk(
    database: Database, tmp_path: Path
) -> None:
    images = ImageFolder(tmp_path)
    source, made = await images.put(b"source", ".webp"), await images.put(b"made", ".webp")
    parent = await running(database, source_hash=source, params={})
    await database.jobs.complete(parent.id, 1, result(result_hash=made, latents_hash=None))
    await deliver(database)
    expired = await database.retention.expire(1, in_days(2), chosen=False)
    assert expired.hashes == {source, made}
    child = await running(database, source_hash=made, params={}, parent_id=parent.id)
    assert await drop_unused(database, images, expired.hashes) == 1
    assert not await images.exists(source)
    assert await images.get(made) == b"made"
    assert child.source_hash == made


async def test_nobody_takes_a_picture_into_use_while_it_is_dropped(
    database: Database, tmp_path: Path
) -> None:
    """Vary looks, then writes its row; Delete and the sweeper come in between and wait."""
    images = ImageFolder(tmp_path)
    made = await images.put(b"made", ".webp")
    looked, go_on = asyncio.Event(), asyncio.Event()

    async def vary() -> None:
        async with database.image_fence.using():
            assert await images.exists(made)
            looked.set()
            await go_on.wait()
            await running(database, source_hash=made, params={})

    varying = asyncio.create_task(vary())
    await looked.wait()
    dropping = asyncio.create_task(drop_unused(database, images, [made]))
    # Nothing but the fence holds it back.
    done, _ = await asyncio.wait({dropping}, timeout=0.2)
    assert not done
    go_on.set()
    await varying
    assert await dropping == 0
    assert await images.get(made) == b"made"


async def held_source(database: Database) -> Case:
    """A wish whose source waits for a moderator."""
    payload = {"source_hash": SOURCE, "wish": {"specs": [{"mask_hash": ALPHA, "look": None}]}}
    case = await database.cases.open(
        NewCase(
            guild_id=GUILD,
            kind=CaseKind.SOURCE,
            member_id=MEMBER,
            locale="en-GB",
            channel_id=5,
            payload=payload,
        )
    )
    assert case is not None
    return case


async def test_a_source_that_waits_for_a_moderator_is_kept(database: Database) -> None:
    case = await held_source(database)
    assert await database.images.unused([SOURCE, ALPHA, RESULT]) == {RESULT}
    await database.cases.drop(case, "No.")
    assert await database.images.unused([SOURCE, ALPHA]) == {SOURCE, ALPHA}


async def test_a_source_that_was_let_pass_is_kept_until_its_job_is_there(
    database: Database,
) -> None:
    """Between the moderator's word and the job's row the sweeper may come by."""
    case = await held_source(database)
    decided = await database.cases.settle(MODERATING, case.id, Decision.ALLOW)
    assert decided is not None
    assert decided.unused == frozenset()
    assert await database.images.unused([SOURCE, ALPHA]) == set()


async def test_a_source_that_was_refused_goes_with_its_mask(database: Database) -> None:
    case = await held_source(database)
    decided = await database.cases.settle(MODERATING, case.id, Decision.REFUSE)
    assert decided is not None
    assert decided.unused == {SOURCE, ALPHA}


async def test_what_a_member_has_deleted_holds_nothing_back(database: Database) -> None:
    await held_source(database)
    assert (await database.members.forget(MEMBER)).unused == {SOURCE, ALPHA}


async def test_only_what_was_put_long_ago_is_settled(tmp_path: Path) -> None:
    images = ImageFolder(tmp_path)
    assert await images.settled() == []
    name = await images.put(b"left over", ".webp")
    assert await images.settled() == []
    assert await images.settled(older_than_s=0) == [name]
    old = next(tmp_path.glob("??/*"))  # noqa: ASYNC240  # one small folder
    os.utime(old, (0, 0))
    assert await images.settled() == [name]
    # Put again it is about to be used.
    await images.put(b"left over", ".webp")
    assert await images.settled() == []
