"""Bot and engine are replaced one after the other while jobs wait and run, and no job is lost."""

import asyncio
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.bot.cli.running import clean_environment, command
from tests.wire.books import Books
from tests.wire.scene import Scene

READY_S = 100.0
JOBS = 4


@asynccontextmanager
async def engine(folder: Path, listen: Path) -> AsyncIterator[Process]:
    """`restyle engine`, listening; ended by SIGTERM if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(command(), "engine", "--listen", str(listen)),
        cwd=folder,
        # One job at a time, so that some still wait when the first is under way.
        env=clean_environment(folder, RESTYLE_ENGINE_MAX_ROWS="2"),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(READY_S):
            while b"listening on" not in (line := await process.stderr.readline()):
                assert line, "the engine ended before it listened"
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_no_job_is_lost_when_both_are_replaced(tmp_path: Path) -> None:
    listen = tmp_path / "engine.sock"
    options: dict[str, Any] = {"painter": False, "engine": "socket", "engine_socket": listen}
    async with (
        Scene.open(tmp_path, begin=False, **options) as scene,
        engine(tmp_path, listen) as old,
    ):
        discord, books = scene.discord, Books(scene.bot.data)
        await scene.bot.start()
        await scene.bot.ready()
        asked = [await scene.restyle(strength="1.0") for _ in range(JOBS)]
        await discord.until(lambda: any(job.status == "running" for job in books.entries()))
        await discord.until(lambda: len(books.entries()) == JOBS)
        assert await scene.bot.stop() == 0
        # Some wait, whatever the one that ran has come to.
        assert any(job.open for job in books.entries())
        await scene.bot.start()
        await scene.bot.ready()
        await discord.until(lambda: any(job.status == "running" for job in books.entries()))
        old.send_signal(signal.SIGTERM)
        assert await old.wait() == 0
        async with engine(tmp_path, listen):
            for one in asked:
                await discord.result(one, READY_S)
            await discord.until(lambda: not any(job.open for job in books.entries()))
        ended = books.entries()
        assert [job.status for job in ended] == ["done"] * JOBS
        assert [(job.charged, job.reserved, job.settled) for job in ended] == [(1, 1, 1)] * JOBS
