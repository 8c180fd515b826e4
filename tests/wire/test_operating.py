"""What an operator does to a running bot and sees of it, with real signals and real scrapes."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from tests.wire import Drop
from tests.wire.discord import WAIT_S
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


async def figures(scene: Scene) -> dict[str, float]:
    """A scrape of the bot's process: every sample by ``name{label=value}``."""
    [listens] = [line for line in scene.bot.log.splitlines() if '"event": "monitoring"' in line]
    port = json.loads(listens)["port"]
    async with (
        aiohttp.ClientSession() as web,
        web.get(f"http://127.0.0.1:{port}/metrics") as answer,
    ):
        text = await answer.text()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


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
            seen = await figures(scene)
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
