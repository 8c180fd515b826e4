"""What an operator does to a running bot and hears of it, with real signals and real scrapes."""

import asyncio
import json
import os
import re
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from bot.monitoring.lookout import DISK_LOW, ENGINE_BACK, ENGINE_DOWN
from tests.bot.cli.running import restyle
from tests.storage.test_migrations import on_connection
from tests.storage.test_upgrade_safety import OLDER, older
from tests.wire import Drop
from tests.wire.discord import WAIT_S
from tests.wire.figures import figures, port_of
from tests.wire.scene import Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

BY_TOKEN = "/webhooks/*/*/messages/*"
# Larger than an edit that only tells progress.
UPLOAD_BYTES = 2_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("operating")
    (folder / "restyle.toml").write_text("daily_quota = 3\n")
    async with Scene.open(folder, monitoring_port=0, previews="false") as opened:
        yield opened


async def test_answers_calls_and_retries_are_counted_as_discord_saw_them(scene: Scene) -> None:
    discord = scene.discord
    # discord.py itself tries no broken call again.
    discord.faults.add("PATCH", BY_TOKEN, Drop("during"), matching=lambda size: size > UPLOAD_BYTES)
    before = len(discord.log.calls)
    await discord.result(await scene.restyle())
    # Discord has the result a moment before the bot knows that it has.
    seen: dict[str, float] = {}
    async with asyncio.timeout(WAIT_S):
        while not seen.get("restyle_deliveries_total{outcome=delivered}"):
            seen = await figures(scene.bot)
    answers = [c for c in discord.log.calls[before:] if c.path.endswith("/callback")]
    assert seen["restyle_ack_seconds_count"] == len(answers) == 1
    # The fake stamps each interaction when it sends it, so this is the time that a member waits.
    assert 0 < seen["restyle_ack_seconds_sum"] < 3
    assert seen["restyle_discord_calls_total{method=PATCH,status=broken}"] == 1
    assert seen["restyle_deliveries_total{outcome=postponed}"] == 1
    assert seen["restyle_deliveries_total{outcome=delivered}"] == 1
    assert seen["restyle_attempts_total{code=,outcome=done}"] == 1
    assert seen["restyle_ledger_rows_total{kind=commit}"] == 1
    # Every line about a job tells where it belongs.
    lines = [json.loads(line) for line in scene.bot.log.splitlines() if '"job"' in line]
    assert {line["event"] for line in lines} >= {"attempt ended", "delivery postponed"}
    assert all({"job", "guild", "attempt"} <= set(line) for line in lines)


async def test_health_asks_the_bot_that_runs(scene: Scene) -> None:
    where = {"RESTYLE_MONITORING_PORT": str(port_of(scene.bot))}
    ask = partial(restyle, scene.bot.folder, "health", "--ready", **where)
    async with asyncio.timeout(WAIT_S):
        # discord.py waits two seconds for further guilds before it calls itself ready.
        while (done := await asyncio.to_thread(ask)).returncode != 0:
            assert json.loads(done.stdout)["gateway"] is False
    assert json.loads(done.stdout) == {"gateway": True, "engine": True, "database": True}


async def test_sighup_brings_in_what_harms_nothing_and_names_the_rest(scene: Scene) -> None:
    discord, config = scene.discord, scene.bot.folder / "restyle.toml"
    await discord.result(await scene.restyle())
    await discord.result(await scene.restyle())
    assert "used all" in await discord.says(await scene.restyle(), "used all")
    config.write_text('daily_quota = 9\nlog_level = "ERROR"\nprompt_max_chars = 7\n')
    os.kill(scene.bot.pid, signal.SIGHUP)
    await discord.until(lambda: '"settings reloaded"' in scene.bot.log)
    [line] = [line for line in scene.bot.log.splitlines() if '"settings reloaded"' in line]
    assert '"changed": "daily_quota"' in line
    # The environment has its own log level, and wins.
    assert '"after_a_restart": "prompt_max_chars"' in line
    await discord.result(await scene.restyle("longer than seven characters"))


async def test_a_file_with_a_mistake_changes_nothing(scene: Scene) -> None:
    discord, config = scene.discord, scene.bot.folder / "restyle.toml"
    config.write_text("daily_quota = many\n")
    os.kill(scene.bot.pid, signal.SIGHUP)
    await discord.until(lambda: "settings not reloaded" in scene.bot.log)
    await discord.result(await scene.restyle())
    assert scene.bot.running


async def test_the_operators_channel_hears_of_the_engine_and_the_disk(tmp_path: Path) -> None:
    # More than any disk has.
    async with Scene.open(tmp_path, begin=False, disk_low_bytes=2**70) as scene:
        discord = scene.discord
        channel = discord.channel(scene.guild)
        scene.bot.settings["operator_channel_id"] = channel.id
        await scene.bot.start()
        await scene.bot.ready()

        def told() -> list[str]:
            posts = [m for m in discord.world.messages.values() if m.channel is channel]
            return [message.content for message in posts]

        def told_while_no_engine_lives(sentence: str) -> bool:
            scene.bot.kill_engine()
            return sentence in told()

        await discord.until(told)
        [disk] = told()
        assert re.fullmatch(DISK_LOW.replace("{free:.1f}", r"[0-9.]+"), disk)
        await discord.until(lambda: told_while_no_engine_lives(ENGINE_DOWN))
        await discord.until(lambda: ENGINE_BACK in told())
        # Each once.
        assert told() == [disk, ENGINE_DOWN, ENGINE_BACK]
        await discord.result(await scene.restyle())


async def test_a_bot_upgrades_an_older_database_and_refuses_a_newer_one(tmp_path: Path) -> None:
    async with Scene.open(tmp_path, begin=False) as scene:
        file = scene.bot.data / "restyle.db"
        file.parent.mkdir()
        await on_connection(f"sqlite:///{file}", older)
        await scene.bot.start()
        await scene.bot.ready()
        assert file.with_name(f"{file.name}.revision-{OLDER}").is_file()
        await scene.discord.result(await scene.restyle())
        assert await scene.bot.stop() == 0
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
            connection.commit()
        await scene.bot.start()
        assert await scene.bot.ended() == 2
        said = scene.bot.log.splitlines()[-1]
        assert said.startswith("restyle: ")
        assert "written by a newer one" in said
