"""The demo's round trip by real processes, and every figure that an operator is promised of it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.demo import script
from tests.wire import Drop, Upload
from tests.wire.discord import WAIT_S
from tests.wire.figures import figures
from tests.wire.scene import Scene

START_S = 240.0
QUOTA = 6
BY_TOKEN = "/webhooks/*/*/messages/*"
# Larger than an edit that only tells progress.
UPLOAD_BYTES = 2_000


async def play(scene: Scene) -> int:
    """`/restyle`, Vary subtle, Reroll and Remix, as the demo's script does; how many pictures."""
    discord, alice = scene.discord, scene.alice
    first = await discord.result(
        await scene.restyle(
            script.PROMPT,
            image=Upload(script.photo_bytes()),
            strength=str(script.STRENGTH),
            seed=script.SEED,
        ),
        START_S,
    )
    varied = await discord.result(await discord.press(alice, first, "Vary subtle"), START_S)
    await discord.result(await discord.press(alice, first, "Reroll"), START_S)
    form = await discord.answered(await discord.press(alice, varied, "Remix"))
    wish = {"prompt": script.REMIX_PROMPT, "strength": script.REMIX_STRENGTH}
    await discord.result(await discord.submit_modal(form, **wish), START_S)
    return 4


async def scraped(scene: Scene, sample: str, value: float) -> dict[str, float]:
    """The first scrape in which ``sample`` has come to ``value``."""
    async with asyncio.timeout(WAIT_S):
        # Discord has a result a moment before the bot knows that it has.
        while (seen := await figures(scene.bot)).get(sample) != value:
            pass
    return seen


@pytest.mark.engine
@pytest.mark.timeout(600)
async def test_every_figure_tells_what_the_demo_did(tmp_path: Path) -> None:
    # Two rows are one guided job, so that a second one waits while the first runs.
    options: dict[str, Any] = {
        "monitoring_port": 0,
        "device": "cpu",
        "engine_max_rows": 2,
        "previews": "false",
    }
    opened = Scene.open(tmp_path, begin=False, painter=False, daily_quota=QUOTA, **options)
    async with opened as scene:
        discord = scene.discord
        await scene.bot.start()
        await scene.bot.ready(START_S)
        begun = len(discord.log.calls)
        # One upload breaks; discord.py itself tries no broken call again.
        discord.faults.add(
            "PATCH", BY_TOKEN, Drop("during"), matching=lambda size: size > UPLOAD_BYTES
        )
        pictures = await play(scene)
        # Two more at once: one runs, one waits.
        more = [await scene.restyle(), await scene.restyle()]
        waiting = await scraped(scene, "restyle_queue_jobs", 1)
        assert waiting["restyle_engine_running"] == 1
        for one in more:
            await discord.result(one, START_S)
        pictures += len(more)
        await discord.says(await scene.restyle(), "used all")
        seen = await scraped(scene, "restyle_deliveries_total{outcome=delivered}", pictures)
        calls = discord.log.calls[begun:]

    assert pictures == QUOTA
    # The queue: nobody waits any more, and each job waited once; the last behind the one before.
    assert seen["restyle_queue_jobs"] == 0
    assert seen["restyle_queue_wait_seconds_count"] == pictures
    assert seen["restyle_queue_wait_seconds_sum"] > 0
    # The first answers, as the fake Discord counted them, each from its interaction's own stamp.
    answers = [call for call in calls if call.path.endswith("/callback")]
    assert seen["restyle_ack_seconds_count"] == len(answers) == pictures + 2
    assert 0 < seen["restyle_ack_seconds_sum"] < 3 * len(answers)
    # The engine: what it ran, how long a step takes, how many rows shared a call, its memory.
    assert seen["restyle_attempts_total{code=,outcome=done}"] == pictures
    assert seen["restyle_job_seconds_count"] == pictures
    made = {name: value for name, value in seen.items() if "denoiser_calls" in name}
    assert list(made) == ["restyle_denoiser_calls_total{rows=2}"]
    assert sum(made.values()) > pictures
    steps = [value for name, value in seen.items() if name.startswith("restyle_step_seconds{")]
    assert steps
    assert all(0 < step_s < seen["restyle_job_seconds_sum"] for step_s in steps)
    taken, total = (seen[f"restyle_engine_memory_bytes{{kind={k}}}"] for k in ("taken", "total"))
    # torch alone takes more than this, and the machine has more than the engine.
    assert 100 * 1024**2 < taken < total
    assert (seen["restyle_engine_up"], seen["restyle_engine_restarts_total"]) == (1, 0)
    # The refusal, and the one upload that broke and was tried again.
    refusals = {name: value for name, value in seen.items() if "refusals_total" in name}
    assert refusals == {"restyle_refusals_total{reason=quota}": 1}
    assert seen["restyle_discord_calls_total{method=PATCH,status=broken}"] == 1
    assert seen["restyle_deliveries_total{outcome=postponed}"] == 1
    # The ledger: every picture reserved and committed once, none given back.
    assert seen["restyle_ledger_rows_total{kind=reserve}"] == pictures
    assert seen["restyle_ledger_rows_total{kind=commit}"] == pictures
    assert seen["restyle_ledger_credits{kind=reserve}"] == -pictures
    assert "restyle_ledger_rows_total{kind=refund}" not in seen
