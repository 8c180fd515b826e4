"""The rules of a guild, blocks and refusals, and the audit log that every change writes."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.audit import AuditEntry, Deed
from storage.database import Database
from storage.moderation_tables import FilterKind, SpoilerRule, TargetKind
from storage.refusals import Refusal
from storage.rules import ChannelRule, GuildRules
from tests.storage.making import GUILD, MEMBER

MODERATOR = 800_000_000_000_000_001


def deed(action: str, **changes: Any) -> Deed:
    """A moderator's deed in ``GUILD``."""
    return replace(Deed(guild_id=GUILD, actor_id=MODERATOR, action=action), **changes)


async def logged(database: Database, **wanted: Any) -> list[AuditEntry]:
    """The newest entries first."""
    return await database.audit.page(GUILD, limit=50, **wanted)


async def test_a_change_and_its_entry_are_one(database: Database) -> None:
    """Who, what, whom, before, after, why, when; a change that changes nothing leaves none."""
    begun = datetime.now(UTC) - timedelta(seconds=1)
    change = await database.guilds.change(deed("pause", reason="raid"), paused=True)
    assert (change.before.paused, change.after.paused) == (False, True)
    await database.guilds.change(deed("pause"), paused=True)
    [entry] = await logged(database)
    assert (entry.actor_id, entry.action, entry.target_kind) == (
        MODERATOR,
        "pause",
        TargetKind.GUILD,
    )
    assert (entry.before, entry.after) == ({"paused": False}, {"paused": True})
    assert (entry.reason, entry.target_id) == ("raid", None)
    assert begun < entry.created_at <= datetime.now(UTC)


async def test_the_log_is_never_changed(database: Database, engine: AsyncEngine) -> None:
    await database.guilds.change(deed("pause"), paused=True)
    for statement in ("UPDATE audit_log SET actor_id = 1", "DELETE FROM audit_log"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with engine.begin() as connection:
                await connection.execute(text(statement))
    assert len(await logged(database)) == 1


async def test_the_log_is_read_in_pages_and_by_what_one_looks_for(database: Database) -> None:
    for user in range(1, 6):
        about = {"target_kind": TargetKind.MEMBER, "target_id": user}
        await database.blocks.block(deed("block", actor_id=user % 2, **about), user, None)
    await database.guilds.change(deed("pause", guild_id=1), paused=True)
    first = await database.audit.page(GUILD, limit=2)
    second = await database.audit.page(GUILD, limit=2, older_than=first[-1].id)
    assert [entry.target_id for entry in first + second] == ["5", "4", "3", "2"]
    assert [one.target_id for one in await logged(database, actor_id=0)] == ["4", "2"]
    found = await logged(database, target_kind=TargetKind.MEMBER, target_id=3)
    assert [one.actor_id for one in found] == [1]
    assert await logged(database, action="pause") == []


async def test_what_two_moderators_change_at_once_is_all_kept(
    database: Database, other_database: Database
) -> None:
    """Neither writes an older state over the other's, and each "before" is the truth."""
    changes: list[dict[str, Any]] = [
        {"paused": True},
        {"retention_days": 3},
        {"report_channel_id": 2**60},
        {"source_filter": False},
        {"daily_quota": 4},
    ]
    await asyncio.gather(
        *(
            (database, other_database)[at % 2].guilds.change(deed("setup"), **change)
            for at, change in enumerate(changes)
        )
    )
    guild = await database.guilds.get(GUILD)
    for change in changes:
        assert [getattr(guild, name) for name in change] == list(change.values())
    assert len(await logged(database)) == len(changes)


async def test_a_block_ends_by_time_or_by_word(database: Database) -> None:
    about = {"target_kind": TargetKind.MEMBER, "target_id": MEMBER}
    now = datetime.now(UTC)
    await database.blocks.block(deed("block", reason="spam", **about), MEMBER, None)
    block = await database.blocks.of(GUILD, MEMBER)
    assert block is not None
    assert (block.reason, block.actor_id, block.expires_at) == ("spam", MODERATOR, None)
    assert await database.blocks.of(1, MEMBER) is None
    await database.blocks.block(deed("block", **about), MEMBER, now - timedelta(seconds=1))
    assert await database.blocks.of(GUILD, MEMBER) is None
    assert await database.blocks.all(GUILD) == []
    # What has run out need not be ended.
    assert await database.blocks.unblock(deed("unblock", **about), MEMBER) is None
    later = await database.blocks.block(deed("block", **about), MEMBER, now + timedelta(days=1))
    assert await database.blocks.all(GUILD) == [later]
    assert await database.blocks.unblock(deed("unblock", **about), MEMBER) == later
    assert await database.blocks.of(GUILD, MEMBER) is None
    kinds = [
        (one.action, one.before["blocked"], one.after["blocked"]) for one in await logged(database)
    ]
    assert kinds == [
        ("unblock", True, False),
        ("block", False, True),
        ("block", True, False),
        ("block", False, True),
    ]


async def test_channels_roles_and_filters_are_read_together(database: Database) -> None:
    rules = database.rules
    assert (await rules.of(GUILD)).channel(5) == ChannelRule(channel_id=5)
    assert await rules.allow_role(deed("role"), 9, allowed=True)
    assert not await rules.allow_role(deed("role"), 9, allowed=True)
    await rules.change_channel(deed("channel"), 5, allowed=True)
    changed = await rules.change_channel(deed("channel"), 5, spoiler=SpoilerRule.ALWAYS)
    assert changed == ChannelRule(channel_id=5, allowed=True, spoiler=SpoilerRule.ALWAYS)
    one = await rules.add_filter(deed("filter"), FilterKind.WORDS, "gore")
    assert one is not None
    assert await rules.add_filter(deed("filter"), FilterKind.WORDS, "gore") is None
    found = await rules.of(GUILD)
    assert found.allowed_channels == {5}
    assert found.allowed_roles == {9}
    assert found.filters == (one,)
    assert found.channel(5) == changed
    empty = await rules.of(1)
    assert empty == GuildRules(guild=empty.guild)
    assert await rules.remove_filter(deed("filter", guild_id=1), one.id) is None
    assert await rules.remove_filter(deed("filter"), one.id) == one
    assert await rules.allow_role(deed("role"), 9, allowed=False)
    assert len(await logged(database)) == 6


async def test_refusals_are_counted_by_reason(database: Database) -> None:
    since = datetime.now(UTC)
    for guild_id, reason in ((GUILD, "quota"), (GUILD, "quota"), (GUILD, "blocked"), (1, "quota")):
        await database.refusals.record(
            Refusal(guild_id=guild_id, channel_id=5, user_id=MEMBER, reason=reason)
        )
    assert await database.refusals.counts(GUILD, since) == {"quota": 2, "blocked": 1}
    assert await database.refusals.counts(GUILD, datetime.now(UTC) + timedelta(days=1)) == {}
