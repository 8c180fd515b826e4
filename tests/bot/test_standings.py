"""Those who wait are told where they stand, and told again when that is news."""

import asyncio
import re
from pathlib import Path

import pytest

from bot.jobs.estimate import Work
from bot.jobs.spec import JobSpec
from tests.bot.edits import Edits
from tests.bot.stage import Stage, buttons, stage
from tests.bot.told import told


async def slow(s: Stage, step_s: float) -> None:
    """Let the engine have one place, and be known for so many seconds a step."""
    await s.result()
    [done] = await s.app.database.jobs.newest_done(1)
    work = Work.of(JobSpec.from_mapping(done.params).params)
    for _ in range(50):
        s.app.estimator.learn(work, 1, step_s)
    s.engine.slots = 1


async def test_whoever_moves_up_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as s, Edits(s.world.env) as edits:
        s.engine.slots = 1
        s.engine.gate.clear()
        running = await s.restyle()
        await running.progress()
        before = await s.restyle(s.world.bob)
        behind = await s.restyle()
        assert behind.message.content.startswith("Queued (#2, ")
        await s.press(before.message, "Cancel", s.world.bob)
        await edits.of(behind.message_id, "Queued (#1, 2 of 20 today). It costs 1.")
        assert buttons(behind.message) == ["Cancel"]
        s.engine.gate.set()
        assert len((await behind.outcome()).attachments) == 1


async def test_the_time_is_told_anew_when_it_has_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.jobs.standings.LOOK_S", 0.01)
    async with stage(tmp_path) as s, Edits(s.world.env) as edits:
        await slow(s, step_s=60.0)
        s.engine.paced = asyncio.Semaphore(0)
        running = await s.restyle()
        waiting = await s.restyle(s.world.bob)
        # Seven steps each, as far as is known before the first.
        assert "#1, about 14 min" in waiting.message.content
        for _ in range(3):
            s.engine.paced.release()
        # It makes four, so that one is left beside the seven.
        await edits.of(waiting.message_id, "#1, about 8 min")
        assert buttons(waiting.message) == ["Cancel"]
        for _ in range(5):
            s.engine.paced.release()
        await running.outcome()
        assert len((await waiting.outcome()).attachments) == 1


async def test_pictures_of_one_message_are_told_of_together(tmp_path: Path) -> None:
    async with stage(tmp_path) as s, Edits(s.world.env) as edits:
        await slow(s, step_s=60.0)
        s.engine.gate.clear()
        await (await s.restyle(seed=1)).progress()
        before = await s.restyle(s.world.bob)
        several = await s.restyle(s.world.alice, count=2)
        # What runs, Bob's, and the two: four times seven minutes.
        assert "#2, about 28 min" in several.message.content
        await s.press(before.message, "Cancel", s.world.bob)
        await edits.of(several.message_id, "#1, about 21 min")
        s.engine.gate.set()
        assert len((await several.outcome()).attachments) == 2


async def test_a_language_is_each_members_own(tmp_path: Path) -> None:
    async with stage(tmp_path) as s, Edits(s.world.env) as edits:
        s.engine.slots = 1
        s.engine.gate.clear()
        await (await s.restyle()).progress()
        first = await s.restyle(s.world.bob)
        with told(s.world.env, locale="de"):
            german = await s.restyle()
        await s.press(first.message, "Cancel", s.world.bob)
        await edits.of(german.message_id, "In der Warteschlange (Platz 1, heute 2 von 20)")
        s.engine.gate.set()
        await german.outcome()


async def test_a_bot_that_starts_again_knows_how_long_pictures_took(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        await s.result()
        await s.restart()
        s.engine.slots = 1
        s.engine.gate.clear()
        await (await s.restyle()).progress()
        waiting = await s.restyle(s.world.bob)
        assert re.search(r"Queued \(#1, about [34] sec, ", waiting.message.content)
        s.engine.gate.set()
        await waiting.outcome()


async def test_a_message_that_is_gone_holds_nobody_up(tmp_path: Path) -> None:
    async with stage(tmp_path) as s, Edits(s.world.env) as edits:
        s.engine.slots = 1
        s.engine.gate.clear()
        await (await s.restyle()).progress()
        before = await s.restyle(s.world.bob)
        behind = await s.restyle()
        await behind.message.delete()
        await s.press(before.message, "Cancel", s.world.bob)
        await before.outcome()
        # Nobody can be told, and others are told none the less.
        first = await s.restyle(s.world.bob)
        other = await s.restyle(s.world.bob)
        assert "Queued (#3, " in other.message.content
        await s.press(first.message, "Cancel", s.world.bob)
        await edits.of(other.message_id, "Queued (#1, ")
        s.engine.gate.set()
        await other.outcome()
