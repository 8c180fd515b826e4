"""LocalEngine over an engine that runs by itself, both ends ended with real signals."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from engine.client import EngineOptions, LocalEngine
from engine.errors import EngineDead
from engine.events import Done, Lost, Progress
from tests.engine.attempts import attempt, collect

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no Unix sockets in asyncio"),
]


class Runner:
    """Starts engines that listen, as a service manager would."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        """Start one; it may be connected to as soon as it listens."""
        command = [sys.executable, "-m", "engine.worker", "--listen", str(self.socket)]
        self.process = await asyncio.create_subprocess_exec(
            *command, "--device", "cpu", *arguments, stderr=asyncio.subprocess.DEVNULL
        )
        return self.process

    async def end(self) -> None:
        """Nothing is left behind, whatever the test did."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


@pytest_asyncio.fixture
async def runner(tmp_path: Path) -> AsyncIterator[Runner]:
    running = Runner(tmp_path / "engine.sock")
    yield running
    await running.end()


@pytest_asyncio.fixture
async def client(runner: Runner) -> AsyncIterator[LocalEngine]:
    engine = LocalEngine(EngineOptions(socket=runner.socket))
    yield engine
    await engine.close()


async def test_client_after_client_is_served_by_one_process(
    runner: Runner, client: LocalEngine
) -> None:
    process = await runner.start()
    await client.start()
    events = await collect(client.submit(attempt("first.1")))
    assert isinstance(events[-1], Done)
    stream = client.submit(attempt("left.1", strength=1.0, num_inference_steps=200))
    assert [event async for event in _until_progress(stream)]
    await client.close()
    # The one before left in the middle of a job; had it gone on, this one would wait for its end.
    second = LocalEngine(EngineOptions(socket=runner.socket))
    await second.start()
    try:
        assert isinstance((await collect(second.submit(attempt("second.1"))))[-1], Done)
    finally:
        await second.close()
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
    assert not runner.socket.exists()


async def test_an_engine_that_dies_loses_its_jobs_and_is_found_again(
    runner: Runner, client: LocalEngine
) -> None:
    process = await runner.start()
    await client.start()
    stream = client.submit(attempt("lost.1", strength=1.0, num_inference_steps=200))
    async for event in stream:
        if isinstance(event, Progress):
            process.send_signal(signal.SIGKILL)
        last = event
    assert isinstance(last, Lost)
    await process.wait()
    await runner.start()
    await client.wait_ready()
    assert isinstance((await collect(client.submit(attempt("found.1"))))[-1], Done)
    assert client.health().restarts > 0


async def test_an_engine_that_is_stuck_ends_itself_once_its_client_has_gone(
    runner: Runner,
) -> None:
    process = await runner.start("--step-timeout", "0.01")
    client = LocalEngine(EngineOptions(socket=runner.socket))
    await client.start()
    stream = client.submit(attempt("slow.1", strength=1.0, width=512, height=512))
    assert [event async for event in _until_progress(stream)]
    await client.close()
    # One step of 512 × 512 takes far longer than the hundredth of a second that it is given.
    assert await process.wait() == os.EX_SOFTWARE


async def test_nobody_listens(tmp_path: Path) -> None:
    engine = LocalEngine(EngineOptions(socket=tmp_path / "none.sock", ready_timeout_s=0.3))
    with pytest.raises(EngineDead, match="No engine listens on"):
        await engine.start()


async def test_only_owner_and_group_may_connect(runner: Runner, client: LocalEngine) -> None:
    await runner.start()
    await client.start()
    assert runner.socket.stat().st_mode & 0o777 == 0o660


async def _until_progress(stream: AsyncIterator[object]) -> AsyncIterator[object]:
    async for event in stream:
        if isinstance(event, Progress):
            yield event
            return


async def test_an_engine_with_nothing_to_do_ends_when_told_though_its_client_stays(
    runner: Runner, client: LocalEngine
) -> None:
    process = await runner.start()
    await client.start()
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(30):
        assert await process.wait() == 0
    assert not runner.socket.exists()


async def test_an_engine_with_other_weights_is_refused(runner: Runner) -> None:
    await runner.start()
    engine = LocalEngine(EngineOptions(socket=runner.socket, checkpoint="sd-turbo"))
    with pytest.raises(EngineDead, match="runs the checkpoint embedded"):
        await engine.start()
