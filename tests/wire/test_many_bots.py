"""Several bot processes on one PostgreSQL, each with its shards: killed, and none the wiser."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from storage.connection import make_engine, parse_url
from tests.storage.conftest import postgres_server, postgres_template, postgres_url
from tests.wire import Interaction
from tests.wire.books import QUERY, Entry
from tests.wire.bot import BotProcess
from tests.wire.cdn import Upload
from tests.wire.discord import FakeDiscord, shows_result
from tests.wire.scene import PHOTO
from tests.wire.world import Channel, Member

__all__ = ["postgres_server", "postgres_template", "postgres_url"]

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]

LOOK_S = 0.1
# A lease of ten seconds has to run out first.
TAKEN_OVER_S = 90.0


@dataclass
class Bots:
    """A Discord, two bot processes with a shard each, and a channel on either shard."""

    discord: FakeDiscord
    url: str
    bots: list[BotProcess]
    channels: list[Channel]

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, url: str, **options: Any) -> AsyncIterator["Bots"]:
        async with FakeDiscord() as discord:
            channels = [discord.channel(discord.guild()) for _ in range(2)]
            # Guilds are of the shard that their ids say, which is chance.
            while _shard(channels[1]) == _shard(channels[0]):
                channels[1] = discord.channel(discord.guild())
            channels.sort(key=_shard)
            common: dict[str, Any] = {
                "database_url": url,
                "data_dir": folder / "shared",
                "shards": 2,
                "max_in_flight_per_user": 50,
            }
            bots = [
                BotProcess(discord, folder / f"bot{at}", shard_ids=at, **common, **options)
                for at in range(2)
            ]
            try:
                for bot in bots:
                    await bot.start()
                    await bot.ready()
                yield cls(discord, url, bots, channels)
            finally:
                for bot in bots:
                    if bot.running:
                        await bot.kill()

    async def restyle(self, member: Member, shard: int, prompt: str = "oil") -> Interaction:
        values: dict[str, Any] = {"image": Upload(PHOTO), "prompt": prompt}
        return await self.discord.slash(member, self.channels[shard], "restyle", **values)

    async def rows(self, statement: str) -> list[Any]:
        engine = make_engine(parse_url(self.url), lock_timeout_s=5.0, pooled=False)
        try:
            async with engine.connect() as connection:
                return list(await connection.execute(text(statement)))
        finally:
            await engine.dispose()

    async def entries(self) -> list[Entry]:
        return [Entry(*row) for row in await self.rows(QUERY)]

    async def until(
        self, reached: Callable[[list[Entry]], bool], timeout_s: float = 60.0
    ) -> list[Entry]:
        """All jobs, once they are as wanted."""
        entries: list[Entry] = []
        try:
            async with asyncio.timeout(timeout_s):
                # The database tells nobody of a change.
                while not reached(entries := await self.entries()):  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            raise AssertionError(
                f"not within {timeout_s:g} s: {entries}\n"
                f"{self.bots[0].log[-3000:]}\n{self.bots[1].log[-3000:]}"
            ) from None
        return entries


def _shows_buttons(one: Interaction) -> bool:
    return one.message is not None and bool(one.message.components)


def _shard(channel: Channel) -> int:
    assert channel.guild is not None
    return (channel.guild.id >> 22) % 2


def over(count: int) -> Callable[[list[Entry]], bool]:
    """So many jobs are there, and each was told of."""
    return lambda entries: len(entries) == count and not any(entry.open for entry in entries)


def told_once(bots: Bots, asked: Sequence[Interaction], entries: Sequence[Entry]) -> None:
    """Each interaction has one message, with one picture, which was charged once."""
    messages = bots.discord.world.messages
    assert len(messages) == len(asked)
    assert all(shows_result(message) for message in messages.values())
    assert [entry.status for entry in entries] == ["done"] * len(asked)
    charges = {(entry.charged, entry.reserved, entry.settled) for entry in entries}
    assert (charges, {entry.delivery for entry in entries}) == ({(1, 1, 1)}, {"delivered"})
    for entry in entries:
        assert entry.message_id is not None
        assert entry.id in str(messages[entry.message_id])


async def test_a_killed_bots_jobs_are_done_and_told_once_by_the_other(
    tmp_path: Path, postgres_url: str
) -> None:
    async with Bots.open(tmp_path, postgres_url) as bots:
        members = [bots.discord.member(f"member{at}") for at in range(4)]
        asked = [
            await bots.restyle(member, shard, "slow oil" if shard == 0 else "oil")
            for member in members
            for shard in (0, 0, 1)
        ]
        await bots.until(
            lambda entries: (
                len(entries) == len(asked) and sum(e.status == "running" for e in entries) >= 3
            )
        )
        # Some jobs of its members run in it, some in the other, and some wait.
        await bots.bots[0].kill()
        entries = await bots.until(over(len(asked)), TAKEN_OVER_S)
        told_once(bots, asked, entries)
        assert any(entry.attempt == 2 for entry in entries)
        assert "jobs of a bot that died wait again" in bots.bots[1].log
        # When it comes back, it takes its place again and nothing of what is over.
        await bots.bots[0].restart()
        more = [await bots.restyle(members[0], shard) for shard in (0, 1)]
        told_once(bots, asked + more, await bots.until(over(len(asked) + 2)))


async def test_members_of_all_bots_take_turns(tmp_path: Path, postgres_url: str) -> None:
    """One who asked for much on one shard is not served before the others on either."""
    async with Bots.open(tmp_path, postgres_url) as bots:
        anna = bots.discord.member("Anna")
        asked = [await bots.restyle(anna, 0, "slow oil") for _ in range(12)]
        await bots.until(lambda entries: len(entries) == len(asked))
        others = [bots.discord.member(f"other{at}") for at in range(4)]
        asked += [await bots.restyle(other, at % 2) for at, other in enumerate(others)]
        entries = await bots.until(over(len(asked)), 120)
        told_once(bots, asked, entries)
        order = await bots.rows("SELECT user_id FROM jobs ORDER BY started_at")
        turns = [row.user_id for row in order]
        first = {other.id: turns.index(other.id) for other in others}
        last_of_anna = len(turns) - 1 - turns[::-1].index(anna.id)
        assert max(first.values()) < last_of_anna - 2
        holders = await bots.rows("SELECT DISTINCT holder FROM jobs")
        assert len(holders) == 2


async def test_a_job_is_taken_back_wherever_it_runs(tmp_path: Path, postgres_url: str) -> None:
    async with Bots.open(tmp_path, postgres_url) as bots:
        anna = bots.discord.member("Anna")
        asked = [await bots.restyle(anna, 0, "slow oil") for _ in range(4)]
        await bots.until(lambda entries: sum(e.status == "running" for e in entries) == len(asked))
        assert len(await bots.rows("SELECT DISTINCT holder FROM jobs")) == 2
        for one in asked:
            await bots.discord.until(partial(_shows_buttons, one))
            assert one.message is not None
            await bots.discord.press(anna, one.message, "cancel")
        entries = await bots.until(over(len(asked)))
        assert {(entry.status, entry.charged) for entry in entries} == {("cancelled", 0)}


async def test_a_bot_that_is_stopped_leaves_its_jobs_to_the_other_at_once(
    tmp_path: Path, postgres_url: str
) -> None:
    async with Bots.open(tmp_path, postgres_url, shutdown_grace_s=0) as bots:
        anna = bots.discord.member("Anna")
        asked = [await bots.restyle(anna, 0, "slow oil") for _ in range(3)]
        await bots.until(lambda entries: sum(e.status == "running" for e in entries) == 3)
        assert await bots.bots[0].stop() == 0
        entries = await bots.until(over(len(asked)))
        told_once(bots, asked, entries)
        # Nobody was told of a pause that there was not.
        said = [str(call.json) for call in bots.discord.log.calls]
        assert not any("being restarted" in one for one in said)


async def test_one_process_takes_as_many_shards_as_discord_recommends(tmp_path: Path) -> None:
    async with FakeDiscord() as discord:
        discord.rest.shards = 2
        channels = [discord.channel(discord.guild()) for _ in range(2)]
        while _shard(channels[1]) == _shard(channels[0]):
            channels[1] = discord.channel(discord.guild())
        anna = discord.member("Anna")
        bot = BotProcess(discord, tmp_path, shards="auto")
        await bot.start()
        try:
            await discord.until(lambda: len(discord.gateway.sessions) == 2, 60)
            asked = [
                await discord.slash(anna, channel, "restyle", image=Upload(PHOTO), prompt="oil")
                for channel in channels
            ]
            for one in asked:
                await discord.result(one)
        finally:
            await bot.kill()
