"""What moderators decide about a picture, on both databases: bytes, credits, blocks, audit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.audit import AuditEntry, Deed
from storage.cases import DOUBTFUL, FILTERED, MOST_TOLD, Case, NewCase, Settled
from storage.database import Database
from storage.moderation_tables import CaseKind, Decision
from storage.records import Job, JobStatus
from tests.storage.making import (
    ALPHA,
    GUILD,
    LATENTS,
    MEMBER,
    RESULT,
    SOURCE,
    TODAY,
    result,
    running,
    submit,
    used,
)

MODERATOR, REPORTER = 800_000_000_000_000_001, 600_000_000_000_000_001
DEED = Deed(guild_id=GUILD, actor_id=MODERATOR, action="report")


async def made(database: Database, **changes: Any) -> Job:
    """A job that is done."""
    job = await running(database, **changes)
    assert await database.jobs.complete(job.id, 1, result())
    return job


async def reported(database: Database, job: Job, reporter_id: int = REPORTER) -> Case:
    """A report of a job's picture."""
    case = await database.cases.open(
        NewCase(
            guild_id=GUILD,
            kind=CaseKind.REPORT,
            job_id=job.id,
            member_id=MEMBER,
            reporter_id=reporter_id,
            locale="en-GB",
            channel_id=5,
            message_id=7,
        )
    )
    assert case is not None
    return case


async def decided(database: Database, case: Case, decision: Decision) -> Settled:
    settled = await database.cases.settle(DEED, case.id, decision)
    assert settled is not None
    return settled


async def newest_entry(database: Database) -> AuditEntry:
    [entry] = await database.audit.page(GUILD, limit=1)
    return entry


async def test_a_removed_picture_goes_even_where_others_went_on_from_it(
    database: Database,
) -> None:
    """What they started from goes; the source that two members brought stays for the other."""
    first = await made(database)
    child = await running(database, source_hash=RESULT, params={"source_latents_hash": LATENTS})
    other = await submit(database, params={})
    case = await reported(database, first)
    another = await reported(database, first, REPORTER + 1)
    settled = await decided(database, case, Decision.REMOVE)
    assert settled.unused == {RESULT, LATENTS, ALPHA}
    assert [one.id for one in settled.others] == [another.id]
    assert await database.cases.settled_with(settled.case) == list(settled.others)
    assert await database.images.unused([SOURCE]) == set()
    assert (await database.jobs.get(first.id)).result_hash is None
    assert await database.cases.settle(DEED, case.id, Decision.REMOVE) is None
    for job in (child, other):
        assert (await database.jobs.get(job.id)).status in (JobStatus.RUNNING, JobStatus.QUEUED)


async def test_a_block_in_place_of_another_is_in_the_audit_log(database: Database) -> None:
    until = datetime(2099, 1, 1, tzinfo=UTC)
    await database.blocks.block(replace(DEED, reason="spam"), MEMBER, until)
    case = await reported(database, await made(database))
    await decided(database, case, Decision.BLOCK)
    entry = await newest_entry(database)
    assert entry.before["decision"] is None
    assert entry.after["decision"] == "block"
    assert entry.before["blocked"] is entry.after["blocked"] is True
    assert "2099" in str(entry.before)
    assert "2099" not in str(entry.after)


async def test_a_refund_gives_back_once(database: Database) -> None:
    job = await made(database, cost=2)
    cases = [await reported(database, job, reporter) for reporter in (1, 2)]
    assert (await decided(database, cases[0], Decision.REFUND)).moved
    assert (await newest_entry(database)).after == {"decision": "refund", "given_back": True}
    assert await used(database) == 0
    assert not (await decided(database, cases[1], Decision.REFUND)).moved
    assert (await newest_entry(database)).after == {"decision": "refund", "given_back": False}
    assert await used(database) == 0


@pytest.mark.parametrize("settled_first", [True, False])
async def test_a_refund_after_a_reset_gives_back_what_the_reset_did_not(
    database: Database, *, settled_first: bool
) -> None:
    """A reset counts what is settled; a job that ran meanwhile is charged all the same."""
    job = await running(database, cost=2)
    if settled_first:
        await database.jobs.complete(job.id, 1, result())
    await database.quota.reset(replace(DEED, action="quota reset"), TODAY, user_ids=None)
    if not settled_first:
        await database.jobs.complete(job.id, 1, result())
    assert await used(database) == (0 if settled_first else 2)
    settled = await decided(database, await reported(database, job), Decision.REFUND)
    assert settled.moved is not settled_first
    assert await used(database) == 0


@pytest.mark.parametrize("in_a_group", [False, True])
async def test_a_held_result_that_no_moderator_can_see_is_told_as_not_shown(
    database: Database, *, in_a_group: bool
) -> None:
    """Its bytes go, and its member, who may have been told to wait, is told again."""
    job = await running(database, **({"id": "first", "group_id": "first"} if in_a_group else {}))
    new = NewCase(
        guild_id=GUILD,
        kind=CaseKind.RESULT,
        job_id=job.id,
        member_id=MEMBER,
        locale="en-GB",
        channel_id=5,
        payload={},
    )
    case = await database.cases.hold(job, result(), new, "A moderator looks at it first.")
    assert case is not None
    assert (await database.jobs.get(job.id)).error_code == DOUBTFUL
    later = datetime.now(UTC) + timedelta(minutes=1)
    [told] = await database.outbox.due(later, 10)
    await database.outbox.delivered(told.id)
    assert await database.outbox.due(later, 10) == []
    await database.cases.drop(case, "It is not shown.")
    ended = await database.jobs.get(job.id)
    assert (ended.status, ended.error_code) == (JobStatus.FAILED, FILTERED)
    assert ended.error_message == "It is not shown."
    assert await database.images.unused([RESULT, LATENTS]) == {RESULT, LATENTS}
    [again] = await database.outbox.due(later, 10)
    assert (again.job_id, again.kind) == (told.job_id, JobStatus.FAILED)
    assert await used(database) == 0


async def test_a_reporter_is_told_of_a_few_cases_at_a_time_and_of_each_once(
    database: Database,
) -> None:
    cases = [await reported(database, await made(database)) for _ in range(MOST_TOLD + 2)]
    for case in cases:
        await decided(database, case, Decision.DISMISS)
        await database.cases.keep_for_reporter(case.id)
    told = [await database.cases.kept_for(GUILD, REPORTER) for _ in range(3)]
    ids = [case.id for case in cases]
    assert [[case.id for case in some] for some in told] == [ids[:MOST_TOLD], ids[MOST_TOLD:], []]
    assert await database.cases.kept_for(1, REPORTER) == []
