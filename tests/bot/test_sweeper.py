"""Pictures whose time is over are gone from the disk, and every button says so in one sentence."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import discord
import pytest

from bot.sweeper import Sweeper
from tests.bot.stage import Stage, buttons, stage

NO_LONGER = "no longer kept"
# These need no picture.
NEED_NONE = {"Delete", "Report", "⋯"}


def sweeper(s: Stage, days: int = 90) -> Sweeper:
    app = s.app
    return Sweeper(
        database=app.database, images=app.images, retention_days=days, metrics=app.metrics
    )


def files(s: Stage) -> set[str]:
    return {path.stem for path in (s.folder / "images").glob("??/*")}


async def hundred_days_later(s: Stage, days: int = 90) -> None:
    await sweeper(s, days).sweep(datetime.now(UTC) + timedelta(days=100))


@asynccontextmanager
async def swept(folder: Path, **wish: object) -> AsyncIterator[tuple[Stage, discord.Message]]:
    """A result whose time is over."""
    async with stage(folder) as s:
        message = await s.result(**wish)
        await s.app.watch.outcome(message.id)
        assert files(s)
        await hundred_days_later(s)
        assert files(s) == set()
        yield s, message


async def test_every_button_of_a_swept_picture_says_so(tmp_path: Path) -> None:
    async with swept(tmp_path) as (s, message):
        labels = [label for label in buttons(message) if label not in NEED_NONE]
        assert {"Vary subtle", "Reroll", "Remix", "Upscale", "Strength strip", "Compare"} <= set(
            labels
        )
        for label in labels:
            assert NO_LONGER in (await s.press(message, label)).refusal, label
        assert "used 1 of 20" in await s.balance()


async def test_a_swept_gallery_says_so(tmp_path: Path) -> None:
    async with swept(tmp_path, count=2) as (s, message):
        for label in ("V1", "V2", "Reroll"):
            assert NO_LONGER in (await s.press(message, label)).refusal


async def test_what_looks_back_at_swept_pictures_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        child = await (await s.press(first, "Vary subtle")).outcome()
        await hundred_days_later(s)
        assert files(s) == set()
        for message in (child, first):
            more = await s.press(message, "⋯")
            assert NO_LONGER in (await s.press(more.message, "Back")).refusal
        menu = await s.world.alice.context_menu(s.world.channel, "Show lineage", child)
        # The tree is drawn all the same, with cards that show nothing.
        assert menu.response is not None
        assert [one.filename for one in menu.response.message.attachments] == ["lineage.webp"]
        assert "no pictures of yours" in (await s.command("lineage")).refusal
        history = (await s.command("history")).message
        assert "no pictures of yours" in str([row.to_dict() for row in history.components])


async def test_what_others_went_on_from_stays_until_theirs_is_over(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        first = await s.result()
        parent = await s.app.database.jobs.get(s.job_of(first))
        s.engine.gate.clear()
        waits = await s.press(first, "Vary subtle", s.world.bob)
        await waits.progress()
        await hundred_days_later(s)
        assert parent.result_hash in files(s)
        assert parent.source_hash not in files(s)
        s.engine.gate.set()
        child = await waits.outcome()
        assert child.attachments
        await hundred_days_later(s)
        assert files(s) == set()


@pytest.mark.parametrize("days", [0, 200])
async def test_the_setting_is_kept_to(tmp_path: Path, days: int) -> None:
    async with stage(tmp_path) as s:
        message = await s.result()
        await hundred_days_later(s, days)
        again = await (await s.press(message, "Vary subtle")).outcome()
        assert again.attachments


async def test_files_that_nothing_uses_go_once_they_are_old(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        message = await s.result()
        old = await s.app.images.put(b"left by a process that died", ".webp")
        young = await s.app.images.put(b"about to be used", ".webp")
        for path in (tmp_path / "images").glob("??/*"):  # a few small files
            if path.stem != young:
                os.utime(path, (0, 0))
        before = files(s)
        await sweeper(s).sweep(datetime.now(UTC))
        assert before - files(s) == {old}
        assert b"restyle_pictures_swept_total 1.0" in s.app.metrics.exposition()
        assert (await (await s.press(message, "Vary subtle")).outcome()).attachments


async def test_the_bot_sweeps_by_itself(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        await s.result()
        old = await s.app.images.put(b"left by a process that died", ".webp")
        for path in (tmp_path / "images").glob("??/*"):  # a few small files
            os.utime(path, (0, 0))
        kept = files(s) - {old}
        await s.restart()
        while old in files(s):
            # The world's clock stands still; a thread's does not.
            await asyncio.to_thread(time.sleep, 0.01)
        assert files(s) == kept
