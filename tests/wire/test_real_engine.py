"""The real engine with the checkpoint that ships, behind the real bot, killed once on the way."""

from pathlib import Path

import pytest

from tests.wire.books import Books
from tests.wire.scene import Scene

START_S = 240.0


@pytest.mark.engine
@pytest.mark.timeout(600)
async def test_a_job_survives_the_death_of_the_real_engine(tmp_path: Path) -> None:
    async with Scene.open(tmp_path, begin=False, painter=False, device="cpu") as scene:
        await scene.bot.start()
        await scene.bot.ready(START_S)
        asked = await scene.restyle("an oil painting, slow", size="small")
        books = Books(scene.bot.data)
        await scene.discord.until(lambda: [e.status for e in books.entries()] == ["running"], 60)
        assert scene.bot.kill_engine()
        message = await scene.discord.result(asked, START_S)
        await scene.discord.until(lambda: not books.entry(message.id).open)
        entry = books.entry(message.id)
        assert (entry.status, entry.attempt) == ("done", 2)
        assert (entry.charged, entry.reserved, entry.settled) == (1, 1, 1)
