"""What every engine promises the bot, held against each of them: one suite for all."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from engine.api import Engine
from engine.bench.ray_head import cluster
from engine.client import EngineOptions, LocalEngine
from engine.events import Cancelled, Done, Event, Lost, Progress, Started, Terminal
from tests.bot.paint_engine import PaintEngine
from tests.engine.attempts import attempt

pytestmark = [pytest.mark.engine, pytest.mark.asyncio(loop_scope="module")]

LONG = 150


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["local", "ray", "paint"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    """Each engine in turn, for all tests."""
    match request.param:
        case "paint":
            running: Engine = PaintEngine()
            await running.start()
            yield running
            await running.close()
        case "local":
            running = LocalEngine(EngineOptions(device="cpu"))
            await running.start()
            yield running
            await running.close()
        case "ray":
            async with cluster(cpus=2) as ray:
                running = LocalEngine(ray.options())
                await running.start()
                yield running
                await running.close()


async def read(stream: AsyncIterator[Event]) -> list[Event]:
    """All events; they are numbered upwards, and the last is the only terminal one."""
    events = [event async for event in stream]
    numbers = [event.seq for event in events]
    assert numbers == sorted(set(numbers))
    assert [isinstance(event, Terminal) for event in events] == [False] * (len(events) - 1) + [True]
    return events


async def test_an_attempt_starts_steps_and_ends_with_its_picture(engine: Engine) -> None:
    asked = attempt("whole.1")
    events = await read(engine.submit(asked))
    assert isinstance(events[0], Started)
    steps = [event.step for event in events if isinstance(event, Progress)]
    assert steps == sorted(set(steps))
    done = events[-1]
    assert isinstance(done, Done)
    assert (done.key, done.width, done.height) == ("whole.1", 64, 64)
    assert done.image


async def test_attempts_run_beside_each_other_and_do_not_mix(engine: Engine) -> None:
    keys = [f"beside{number}.1" for number in range(4)]
    streams = [read(engine.submit(attempt(key, seed=at))) for at, key in enumerate(keys)]
    for key, events in zip(keys, await asyncio.gather(*streams), strict=True):
        assert {event.key for event in events} == {key}
        assert isinstance(events[-1], Done)


async def test_a_cancel_ends_an_attempt_as_cancelled(engine: Engine) -> None:
    if isinstance(engine, PaintEngine):
        engine.gate.clear()
    last: Event | None = None
    async for event in engine.submit(attempt("unwanted.1", num_inference_steps=LONG, strength=1.0)):
        if isinstance(event, Started):
            await engine.cancel("unwanted.1")
        last = event
    assert isinstance(last, Cancelled)
    if isinstance(engine, PaintEngine):
        engine.gate.set()


async def test_cancelling_what_nobody_knows_is_no_error(engine: Engine) -> None:
    await engine.cancel("unknown.1")
    assert isinstance((await read(engine.submit(attempt("after.1"))))[-1], Done)


async def test_attaching_to_what_nobody_knows_tells_that_it_is_lost(engine: Engine) -> None:
    (event,) = await read(engine.attach("unknown.1", 3))
    assert isinstance(event, Lost)
    assert event.seq > 3


async def test_who_stops_listening_stops_the_work(engine: Engine) -> None:
    stream = engine.submit(attempt("left.1", num_inference_steps=LONG, strength=1.0))
    async for event in stream:
        if isinstance(event, Started):
            break
    await stream.aclose()
    # Had the one before gone on, this would stand in line behind its steps.
    assert isinstance((await read(engine.submit(attempt("next.1"))))[-1], Done)


async def test_health_tells_who_is_alive_and_what_runs(engine: Engine) -> None:
    await engine.wait_ready()
    assert engine.health().alive
    assert engine.health().slots >= 1
    stream = engine.submit(attempt("seen.1"))
    await anext(stream)
    assert engine.health().running == ("seen.1",)
    await read(stream)
    assert engine.health().running == ()
