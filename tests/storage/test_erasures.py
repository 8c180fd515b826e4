"""Messages that must go, and posts that go with the pictures that they show."""

from datetime import UTC, datetime, timedelta
from typing import Any

from storage.audit import Deed
from storage.cases import NewCase
from storage.database import Database
from storage.erasures import Erasure
from storage.moderation_tables import CaseKind, Decision
from storage.posts import Post
from storage.records import Job
from tests.storage.making import GUILD, MEMBER, new_job
from tests.storage.test_members import done

OTHER, THIRD = MEMBER + 1, MEMBER + 2
POSTED = 88


def post_of(job: Job, **changes: Any) -> Post:
    fields: dict[str, Any] = {"message_id": POSTED, "guild_id": GUILD, "channel_id": 6}
    fields |= {"user_id": OTHER, "job_id": job.id}
    return Post(**fields | changes)


async def taken(database: Database, **how: Any) -> list[Erasure]:
    """What is due now."""
    return await database.erasures.take(datetime.now(UTC), 100, **how)


async def going(database: Database) -> set[tuple[int, int]]:
    """Channel and message of all that is to be deleted."""
    return {(one.channel_id, one.message_id) for one in await taken(database)}


async def test_a_message_is_due_until_it_is_gone(database: Database) -> None:
    await done(database, message_id=77)
    forgotten = await database.members.forget(MEMBER)
    assert forgotten.messages == {77}
    [first] = await taken(database)
    assert (first.message_id, first.channel_id, first.attempts) == (77, 5, 0)
    later = datetime.now(UTC) + timedelta(minutes=5)
    await database.erasures.postpone(77, later, "503")
    assert await taken(database) == []
    assert await database.erasures.left([77]) == 1
    assert await database.erasures.next_due_at() == later
    [again] = await database.erasures.take(later, 100)
    assert again.attempts == 1
    await database.erasures.done(77)
    assert await database.erasures.left() == 0
    assert await database.erasures.next_due_at() is None


async def test_what_one_bot_was_given_another_is_not(database: Database) -> None:
    await done(database, message_id=77)
    await done(database, message_id=78)
    await database.members.forget(MEMBER)
    [one] = await taken(database, hold_s=60.0, only=[78])
    assert one.message_id == 78
    assert await going(database) == {(5, 77)}


async def test_forgetting_names_each_message_that_can_be_reached_once(database: Database) -> None:
    pair = [await done(database, message_id=77) for _ in range(2)]
    private = await done(database, message_id=79)
    await done(database)
    forgotten = await database.members.forget(MEMBER, reachable=lambda job: job.id != private.id)
    assert len(forgotten.jobs) == len(pair) + 2
    assert await going(database) == {(5, 77)}


async def test_a_post_goes_with_its_result(database: Database) -> None:
    job = await done(database)
    assert await database.posts.add(post_of(job))
    assert await database.posts.get(POSTED) == post_of(job)
    assert await going(database) == set()
    await database.jobs.delete_result(job.id)
    assert await going(database) == {(6, POSTED)}
    assert await database.posts.get(POSTED) is None
    # What is no longer kept is posted by nobody.
    assert not await database.posts.add(post_of(job, message_id=89))


async def test_a_post_goes_with_what_stands_before_the_result(database: Database) -> None:
    before = await done(database)
    after = await done(database, user_id=OTHER, parent_id=before.id, root_id=before.id)
    assert await database.posts.add(post_of(after, before_id=before.id))
    await database.jobs.delete_result(before.id)
    assert await going(database) == {(6, POSTED)}
    await database.members.forget(MEMBER)
    assert not await database.posts.add(post_of(after, before_id=before.id))


async def test_a_post_goes_when_its_time_is_over(database: Database) -> None:
    job = await done(database, message_id=77)
    for delivery in await database.outbox.due(datetime.now(UTC), 9):
        await database.outbox.delivered(delivery.id)
    assert await database.posts.add(post_of(job))
    over = datetime.now(UTC) + timedelta(days=91)
    assert (await database.retention.expire(90, over, chosen=False)).jobs == 1
    # The job's own message stays, as docs/moderation.md says.
    assert await going(database) == {(6, POSTED)}


async def test_forgetting_takes_posts_of_ones_pictures_and_those_that_one_made(
    database: Database,
) -> None:
    mine, theirs = await done(database), await done(database, user_id=OTHER)
    await database.posts.add(post_of(mine))
    await database.posts.add(post_of(theirs, message_id=89, user_id=MEMBER))
    await database.posts.add(post_of(theirs, message_id=90))
    forgotten = await database.members.forget(MEMBER)
    assert forgotten.messages == {POSTED, 89}
    assert await going(database) == {(6, POSTED), (6, 89)}


async def test_opting_out_takes_what_others_posted_of_ones_pictures(database: Database) -> None:
    mine = await done(database)
    owned = {**new_job().params, "owner_ids": [THIRD, MEMBER]}
    of_mine = await done(database, user_id=OTHER, params=owned)
    named = await done(database, user_id=OTHER, params={**new_job().params, "prompt": str(MEMBER)})
    for number, post in enumerate(
        (
            post_of(mine),
            post_of(of_mine),
            post_of(named),
            post_of(named, before_id=mine.id),
            post_of(mine, user_id=MEMBER),
        ),
        start=80,
    ):
        assert await database.posts.add(post_of(mine, **{**_fields(post), "message_id": number}))
    await database.members.opt_out(MEMBER, wish=False)
    assert await going(database) == set()
    await database.members.opt_out(MEMBER, wish=True)
    assert await going(database) == {(6, 80), (6, 81), (6, 83)}


def _fields(post: Post) -> dict[str, Any]:
    return {"user_id": post.user_id, "job_id": post.job_id, "before_id": post.before_id}


async def test_a_moderators_removal_takes_posts_and_the_messages_that_no_card_sees_to(
    database: Database,
) -> None:
    job = await done(database, message_id=77)
    await database.posts.add(post_of(job))
    await database.posts.add(post_of(job, message_id=89))
    # It was reported from under one of the posts.
    new = NewCase(
        guild_id=GUILD,
        kind=CaseKind.REPORT,
        job_id=job.id,
        member_id=MEMBER,
        reporter_id=OTHER,
        locale="en-US",
        channel_id=6,
        message_id=POSTED,
    )
    case = await database.cases.open(new)
    assert case is not None
    deed = Deed(guild_id=GUILD, actor_id=THIRD, action="report remove")
    assert await database.cases.settle(deed, case.id, Decision.REMOVE) is not None
    assert await going(database) == {(5, 77), (6, POSTED), (6, 89)}


async def test_one_post_is_erased_by_itself_and_a_moderators_deed_is_written_down(
    database: Database,
) -> None:
    job = await done(database)
    await database.posts.add(post_of(job))
    deed = Deed(guild_id=GUILD, actor_id=THIRD, action="delete")
    assert await database.posts.erase(POSTED, deed)
    assert not await database.posts.erase(POSTED, deed)
    assert await going(database) == {(6, POSTED)}
    assert len(await database.audit.page(GUILD, limit=9)) == 1
    assert (await database.jobs.get(job.id)).result_hash is not None


async def test_the_message_that_told_of_jobs_is_theirs_from_then_on(database: Database) -> None:
    job = await done(database)
    [delivery] = await database.outbox.due(datetime.now(UTC), 9)
    await database.outbox.delivered(delivery.id, job.channel_id, 77)
    assert (await database.jobs.get(job.id)).message_id == 77
    # Told twice of by another bot, it stays.
    await database.outbox.delivered(delivery.id, job.channel_id, 77)
    assert await going(database) == set()
    known = await done(database, message_id=78)
    [delivery] = await database.outbox.due(datetime.now(UTC), 9)
    await database.outbox.delivered(delivery.id, known.channel_id, 78)
    assert (await database.jobs.get(known.id)).message_id == 78


async def test_what_was_told_of_a_job_that_was_deleted_meanwhile_goes(database: Database) -> None:
    job = await done(database)
    [delivery] = await database.outbox.due(datetime.now(UTC), 9)
    await database.jobs.delete_result(job.id)
    await database.outbox.delivered(delivery.id, job.channel_id, 77)
    assert await going(database) == {(5, 77)}
    other = await done(database)
    [delivery] = await database.outbox.due(datetime.now(UTC), 9)
    assert (await database.members.forget(MEMBER)).jobs[-1].id == other.id
    await database.outbox.delivered(delivery.id, other.channel_id, 79)
    assert await going(database) == {(5, 77), (5, 79)}
