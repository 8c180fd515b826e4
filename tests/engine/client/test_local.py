"""LocalEngine over real engine processes, killed with real signals."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import numpy as np
import psutil
import pytest
import pytest_asyncio

from engine.client import EngineOptions, LocalEngine
from engine.errors import CheckpointError, EngineDead
from engine.events import Cancelled, Done, Event, Failed, Lost, Progress, Started
from engine.params import Attempt
from tests.engine.attempts import attempt, collect, steps_of
from tests.engine.pictures import pixels

pytestmark = [pytest.mark.engine, pytest.mark.asyncio(loop_scope="module")]

CPU = EngineOptions(device="cpu")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalEngine]:
    """One engine for all tests that leave it as they found it; it tries its steps at the start."""
    profiles = tmp_path_factory.mktemp("profiles")
    engine = LocalEngine(msgspec.structs.replace(CPU, profile_dir=profiles))
    await engine.start()
    yield engine
    await engine.close()


@pytest_asyncio.fixture(loop_scope="module")
async def own() -> AsyncIterator[LocalEngine]:
    """An engine to do harm to."""
    engine = LocalEngine(CPU)
    await engine.start()
    yield engine
    await engine.close()


def endless(key: str) -> Attempt:
    """An attempt that nobody waits for to its end."""
    return attempt(key, strength=1.0, num_inference_steps=200)


async def first_progress(stream: AsyncIterator[Event]) -> None:
    async for event in stream:
        if isinstance(event, Progress):
            return
    raise AssertionError("the attempt ended before it made progress")


async def test_an_attempt_is_told_from_start_to_result(shared: LocalEngine) -> None:
    events = await collect(shared.submit(attempt("told.1")))
    assert isinstance(events[0], Started)
    assert steps_of(events) == [(1, 4), (2, 4), (3, 4), (4, 4)]
    done = events[-1]
    assert isinstance(done, Done)
    assert pixels(done.image).shape == (64, 64, 3)
    assert done.latents
    health = shared.health()
    assert (health.alive, health.device, health.checkpoint) == (True, "cpu", "embedded")
    assert health.running == ()
    [(place, seconds)] = health.profiled_seconds.items()
    assert place == "embedded 256x256"
    assert seconds > 0


async def test_the_same_attempt_gives_the_same_bytes_alone_and_nearly_in_company(
    shared: LocalEngine,
) -> None:
    alone = [(await collect(shared.submit(attempt(f"alone.{n}"))))[-1] for n in range(2)]
    company = await asyncio.gather(
        collect(shared.submit(attempt("same.1"))),
        collect(shared.submit(attempt("other.1", prompt="neon", strength=0.9, guidance_scale=1.0))),
        collect(shared.submit(attempt("another.1", scheduler="euler_ancestral", seed=9))),
    )
    first, second, shared_call = *alone, company[0][-1]
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert isinstance(shared_call, Done)
    assert first.image == second.image
    # Sums come out in another order in a larger batch: single values may round the other way.
    difference = np.abs(pixels(first.image) - pixels(shared_call.image))
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.001


async def test_cancel_acts_at_a_step_boundary(shared: LocalEngine) -> None:
    stream = shared.submit(endless("cancelled.1"))
    await first_progress(stream)
    await shared.cancel("cancelled.1")
    rest = [event async for event in stream]
    assert isinstance(rest[-1], Cancelled)
    assert shared.health().alive


async def test_a_listener_that_leaves_takes_its_attempt_along(shared: LocalEngine) -> None:
    stream = shared.submit(endless("left.1"))
    await first_progress(stream)
    await stream.aclose()
    assert shared.health().running == ()
    # Had it gone on, its 200 steps would stand before this one's end.
    events = await collect(shared.submit(attempt("after.1")))
    assert isinstance(events[-1], Done)


async def test_a_wrong_attempt_fails_and_the_engine_goes_on(shared: LocalEngine) -> None:
    failed = (await collect(shared.submit(attempt("wrong.1", guidance_scale=-1.0))))[-1]
    assert isinstance(failed, Failed)
    assert (failed.code, failed.retryable) == ("invalid", False)
    assert shared.health().alive


async def test_unknown_keys_are_ignored(shared: LocalEngine) -> None:
    await shared.cancel("nobody.1")
    assert isinstance((await collect(shared.submit(attempt("known.1"))))[-1], Done)


async def test_killed_mid_job_it_says_lost_once_and_comes_back(own: LocalEngine) -> None:
    streams = [own.submit(endless("victim.1")), own.submit(endless("victim.2"))]
    for stream in streams:
        await first_progress(stream)
    assert own.pid is not None
    os.kill(own.pid, signal.SIGKILL)
    for stream in streams:
        rest = [event async for event in stream]
        assert [type(event) for event in rest if not isinstance(event, Progress)] == [Lost]
    # While there is no engine, nothing waits forever.
    assert [type(event) async for event in own.submit(attempt("early.1"))] == [Lost]
    await own.wait_ready()
    assert own.health().restarts == 1
    assert isinstance((await collect(own.submit(attempt("later.1"))))[-1], Done)


async def test_an_engine_that_hangs_is_started_again() -> None:
    engine = LocalEngine(EngineOptions(device="cpu", step_timeout_s=6.0))
    await engine.start()
    try:
        stream = engine.submit(attempt("hung.1"))
        assert engine.pid is not None
        hung = engine.pid
        os.kill(hung, signal.SIGSTOP)
        assert [type(event) async for event in stream] == [Lost]
        await engine.wait_ready()
        assert engine.pid not in (None, hung)
    finally:
        await engine.close()


async def test_too_slow_to_load_names_the_setting_and_leaves_nothing() -> None:
    before = set(psutil.Process().children())
    engine = LocalEngine(EngineOptions(device="cpu", ready_timeout_s=0.05))
    with pytest.raises(EngineDead, match="RESTYLE_ENGINE_READY_TIMEOUT_S"):
        await engine.start()
    await engine.close()
    assert set(psutil.Process().children()) == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (EngineOptions(checkpoint="nope"), "no checkpoint 'nope'"),
        (EngineOptions(device="warp:7"), "no device 'warp:7'"),
    ],
)
async def test_a_wrong_choice_is_one_sentence(options: EngineOptions, said: str) -> None:
    with pytest.raises(CheckpointError, match=said):
        await LocalEngine(options).start()


async def test_a_broken_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "mine.toml").write_text(f'[mine]\nsource = "{tmp_path / "weights"}"\n')
    options = EngineOptions(
        checkpoint="mine", checkpoints_file=tmp_path / "mine.toml", device="cpu"
    )
    with pytest.raises(CheckpointError, match="no whole safetensors weights"):
        await LocalEngine(options).start()


async def test_close_ends_the_process_and_may_be_called_twice() -> None:
    before = set(psutil.Process().children())
    engine = LocalEngine(CPU)
    await engine.start()
    stream = engine.submit(endless("closed.1"))
    await first_progress(stream)
    closing = asyncio.create_task(engine.close())
    assert isinstance([event async for event in stream][-1], Lost)
    await closing
    await engine.close()
    assert set(psutil.Process().children()) == before


PARENT = """
import asyncio
from engine.client import EngineOptions, LocalEngine

async def main():
    engine = LocalEngine(EngineOptions(device="cpu"))
    await engine.start()
    print(engine.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize(
    "stuck",
    [False, pytest.param(True, marks=pytest.mark.skipif(sys.platform != "linux", reason="Linux"))],
)
async def test_an_engine_does_not_outlive_its_bot(stuck: bool) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    engine = psutil.Process(int(await parent.stdout.readline()))
    if stuck:
        # It reads no pipe any more, as in a step without end.
        engine.suspend()
    parent.kill()
    await parent.wait()
    # Returns as soon as the process is gone; raises when it is still there after ten seconds.
    await asyncio.to_thread(engine.wait, 10)
