"""Guilds' own rules, and single remembered values."""

import asyncio

import pytest

from storage.audit import Deed
from storage.database import Database
from storage.errors import DatabaseRefused, UnknownTimeZone
from storage.guilds import Guild

GUILD_ID = 2**62


async def test_a_guild_that_chose_nothing_has_defaults(database: Database) -> None:
    """No row is needed, and asking makes none."""
    assert await database.guilds.get(GUILD_ID) == Guild(
        guild_id=GUILD_ID, daily_quota=None, timezone="UTC"
    )


def deed(guild_id: int = GUILD_ID) -> Deed:
    return Deed(guild_id=guild_id, actor_id=7, action="setup", reason="a test")


async def test_a_guild_keeps_what_it_chose_last(database: Database) -> None:
    """Each guild by itself, and what is not named stays."""
    await database.guilds.change(deed(), daily_quota=5, timezone="Europe/Berlin")
    await database.guilds.change(deed(1), daily_quota=0)
    await database.guilds.change(deed(), timezone="Asia/Tokyo", paused=True)
    assert await database.guilds.get(GUILD_ID) == Guild(
        guild_id=GUILD_ID, daily_quota=5, timezone="Asia/Tokyo", paused=True
    )
    assert await database.guilds.get(1) == Guild(guild_id=1, daily_quota=0)


async def test_a_guild_cannot_choose_nonsense(database: Database) -> None:
    """A zone must exist, a quota be 0 or more; what was chosen before stays, unlogged."""
    with pytest.raises(UnknownTimeZone):
        await database.guilds.change(deed(), timezone="Berlin")
    for nonsense in ({"daily_quota": -1}, {"retention_days": 0}):
        with pytest.raises(DatabaseRefused):
            await database.guilds.change(deed(), **nonsense)
    assert await database.guilds.get(GUILD_ID) == Guild(guild_id=GUILD_ID)
    assert await database.audit.page(GUILD_ID, limit=10) == []


async def test_a_value_is_the_last_one_set(database: Database, other_database: Database) -> None:
    """Also when two processes set it at once for the first time."""
    assert await database.values.get("commands") is None
    await asyncio.gather(
        *(
            process.values.set("commands", value)
            for process, value in ((database, "a"), (other_database, "b")) * 5
        )
    )
    assert await database.values.get("commands") in {"a", "b"}
    await database.values.set("commands", "ü\x00")
    assert await other_database.values.get("commands") == "ü"
    assert await database.values.get("other") is None
