"""What a member has: history and lineage, the wish to be left alone, and forgetting."""

from typing import Any

import pytest

from storage.database import Database
from storage.records import Job, JobStatus
from tests.storage.making import (
    ALPHA,
    MEMBER,
    RESULT,
    SOURCE,
    new_job,
    result,
    running,
    submit,
    terms,
    used,
)

OTHER = MEMBER + 1


async def done(database: Database, result_hash: str = RESULT, **changes: Any) -> Job:
    job = await running(database, **changes)
    assert await database.jobs.complete(job.id, job.attempt, result(result_hash=result_hash))
    return await database.jobs.get(job.id)


async def test_history_is_ones_own_newest_first_and_only_what_is_kept(database: Database) -> None:
    jobs = [await done(database) for _ in range(3)]
    await done(database, user_id=OTHER)
    await submit(database)
    await database.jobs.delete_result(jobs[1].id)
    assert await database.members.count(MEMBER) == 2
    shown = await database.members.history(MEMBER, offset=0, limit=10)
    assert [job.id for job in shown] == [jobs[2].id, jobs[0].id]
    assert await database.members.history(MEMBER, offset=2, limit=10) == []
    [second] = await database.members.history(MEMBER, offset=1, limit=1)
    assert second.id == jobs[0].id


async def test_a_lineage_is_the_root_and_all_that_goes_back_to_it(database: Database) -> None:
    root = await done(database)
    child = await done(database, parent_id=root.id, root_id=root.id, user_id=OTHER)
    grandchild = await done(database, parent_id=child.id, root_id=root.id)
    await done(database)
    lineage = await database.members.lineage(root.id, 10)
    assert [job.id for job in lineage] == [root.id, child.id, grandchild.id]
    assert len(await database.members.lineage(root.id, 2)) == 2


async def test_a_message_leads_to_its_jobs(database: Database) -> None:
    job = await done(database, message_id=77)
    await done(database, message_id=78)
    assert await database.members.shown_in(77) == [job]
    assert await database.members.shown_in(79) == []


async def test_the_wish_to_be_left_alone_can_be_taken_back(database: Database) -> None:
    assert not await database.members.opted_out(MEMBER)
    await database.members.opt_out(MEMBER, wish=True)
    assert await database.members.opted_out(MEMBER)
    assert not await database.members.opted_out(OTHER)
    await database.members.opt_out(MEMBER, wish=False)
    assert not await database.members.opted_out(MEMBER)


async def test_forgetting_takes_jobs_and_images_but_not_the_ledger(database: Database) -> None:
    mine = await done(database, "1" * 64)
    theirs = await done(database, "2" * 64, user_id=OTHER, parent_id=mine.id, root_id=mine.id)
    waiting = await submit(database)
    before = await used(database)
    forgotten = await database.members.forget(MEMBER)
    assert [job.id for job in forgotten.jobs] == [mine.id]
    assert forgotten.in_flight == 1
    # The source and the rest are still used by the job that waits, and by the other member.
    assert forgotten.unused == {"1" * 64}
    assert [job.id for job in await database.members.everything(MEMBER)] == [waiting.id]
    assert await used(database) == before
    orphan = await database.jobs.get(theirs.id)
    assert (orphan.parent_id, orphan.root_id, orphan.status) == (None, None, JobStatus.DONE)


async def test_forgetting_everybody_leaves_no_image(database: Database) -> None:
    await done(database)
    forgotten = await database.members.forget(MEMBER)
    assert {RESULT, SOURCE, ALPHA} <= forgotten.unused
    assert (await database.members.forget(MEMBER)).jobs == ()


async def test_what_shares_a_message_with_a_job_under_way_is_forgotten_after_it(
    database: Database,
) -> None:
    """The first of a group stands for it in the outbox, so it stays until all have ended."""
    pair = [new_job(id=name, group_id="first", place=n) for n, name in enumerate(("first", "b"), 1)]
    await database.jobs.submit_all(pair, terms())
    for job in pair:
        assert await database.jobs.claim(job.id)
    assert await database.jobs.complete("first", 1, result())
    forgotten = await database.members.forget(MEMBER)
    assert (forgotten.jobs, forgotten.in_flight) == ((), 1)
    assert await database.jobs.fail("b", 1, "nan", "No.")
    assert await used(database) == 1
    assert len((await database.members.forget(MEMBER)).jobs) == 2


async def test_charges_are_told_in_order(database: Database) -> None:
    job = await done(database)
    charges = await database.members.charges(MEMBER)
    assert [(charge.kind, charge.job_id) for charge in charges] == [
        ("reserve", job.id),
        ("commit", job.id),
    ]
    assert await database.members.charges(OTHER) == []


async def test_a_member_with_very_many_jobs_is_forgotten_whole(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.members.AT_ONCE", 2)
    for number in range(5):
        await done(database, f"{number}" * 64)
    forgotten = await database.members.forget(MEMBER)
    assert len(forgotten.jobs) == 5
    assert {f"{number}" * 64 for number in range(5)} <= forgotten.unused
