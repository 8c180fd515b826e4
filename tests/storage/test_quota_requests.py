"""Requests for more: decided once, whoever asks how often; and role grants that are got once."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

from storage.audit import Deed
from storage.database import Database
from storage.quota_requests import Request
from storage.quota_rules import Policy
from storage.quota_tables import RequestState
from tests.storage.making import GUILD, MEMBER, TODAY, terms

DEED = Deed(guild_id=GUILD, actor_id=42, action="quota approve")
LAST = TODAY.date + timedelta(days=6)


async def opened(database: Database, amount: int = 5) -> Request:
    request = await database.quota_requests.open(GUILD, MEMBER, amount, "why")
    assert request is not None
    return request


async def remaining(database: Database) -> int | None:
    return (await database.quota.balance(GUILD, MEMBER, terms(0))).remaining


async def test_one_of_many_decisions_counts(database: Database, other_database: Database) -> None:
    request = await opened(database)
    decisions = await asyncio.gather(
        *(
            decision
            for requests in (database.quota_requests, other_database.quota_requests)
            for decision in (
                requests.approve(DEED, request.id, amount=None, day=TODAY, expires_on=LAST),
                requests.approve(DEED, request.id, amount=5, day=TODAY, expires_on=LAST),
            )
            for _ in range(1)
        )
    )
    assert sum(one is not None for one in decisions) == 1
    assert await remaining(database) == 5
    assert await database.quota_requests.deny(DEED, request.id) is None
    assert len(await database.audit.page(GUILD, limit=9)) == 1


async def test_a_member_has_one_open_request(database: Database, other_database: Database) -> None:
    asked = await asyncio.gather(
        *(one.quota_requests.open(GUILD, MEMBER, 1, "x") for one in (database, other_database) * 5)
    )
    assert sum(one is not None for one in asked) == 1
    assert await database.quota_requests.open(GUILD, MEMBER + 1, 1, "x") is not None


async def test_votes_at_once_grant_once(database: Database, other_database: Database) -> None:
    request = await opened(database)
    policy = Policy(vote_role_id=7, votes_needed=3)
    votes = await asyncio.gather(
        *(
            one.quota_requests.vote(
                Deed(guild_id=GUILD, actor_id=voter, action="quota vote"),
                request.id,
                policy,
                day=TODAY,
                expires_on=LAST,
            )
            for voter in (1, 2, 3, 4, MEMBER)
            for one in (database, other_database)
        )
    )
    assert sum(vote is not None and vote.decided is not None for vote in votes) == 1
    assert await remaining(database) == 5


async def test_a_late_vote_does_not_count(database: Database) -> None:
    request = await opened(database)
    deed = Deed(guild_id=GUILD, actor_id=1, action="quota vote")
    late = await database.quota_requests.vote(
        deed, request.id, Policy(votes_needed=1, vote_window_s=0), day=TODAY, expires_on=LAST
    )
    assert late is not None
    assert (late.counted, late.votes, late.decided) == (False, 0, None)


async def test_what_nobody_decides_is_denied_once_by_nobody(
    database: Database, other_database: Database
) -> None:
    request = await opened(database)

    async def expired(one: Database, later: timedelta) -> list[Request]:
        requests = one.quota_requests.expire(datetime.now(UTC) + later)
        return [denied async for denied in requests]

    assert await expired(database, timedelta(hours=-1)) == []
    both = (expired(one, timedelta(hours=1)) for one in (database, other_database))
    [denied] = itertools.chain(*await asyncio.gather(*both))
    assert (denied.id, denied.state) == (request.id, RequestState.DENIED)
    assert (denied.decided_by, denied.granted) == (None, 0)
    decision = database.quota_requests.approve(
        DEED, request.id, amount=None, day=TODAY, expires_on=LAST
    )
    assert await decision is None
    assert await remaining(database) == 0
    await opened(database)


async def test_a_grant_to_a_role_is_got_once(database: Database, other_database: Database) -> None:
    await database.quota_rules.grant_role(DEED, 7, amount=3, expires_on=LAST)
    now = datetime(2025, 6, 1, 12, tzinfo=UTC)
    without = await database.quota_rules.rules_for(GUILD, MEMBER, {8}, None, now)
    assert without.role_grants == ()
    rules = await database.quota_rules.rules_for(GUILD, MEMBER, {7, 8}, None, now)
    assert len(rules.role_grants) == 1
    await asyncio.gather(
        *(
            one.quota_rules.get_role_grants(GUILD, MEMBER, rules)
            for one in (database, other_database) * 5
        )
    )
    assert await remaining(database) == 3
    late = await database.quota_rules.rules_for(
        GUILD, MEMBER + 1, {7}, None, now + timedelta(days=8)
    )
    assert late.role_grants == ()


async def test_a_member_who_is_forgotten_leaves_no_words(database: Database) -> None:
    request = await opened(database)
    await database.members.forget(MEMBER)
    assert await database.quota_requests.get(GUILD, request.id) is None
