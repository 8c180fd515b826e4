"""What an actor keeps of an attempt, read by those who come early, late, and again."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from engine.events import Cancelled, Event, Preview, Progress, Started, Terminal
from engine.ray.attempt_log import AttemptLog

KEY = "job.1"


async def read(log: AttemptLog, after: int = -1) -> list[Event]:
    return [event async for event in log.after(after)]


def filled(steps: int) -> AttemptLog:
    log = AttemptLog()
    log.add(Started(KEY, 0))
    for step in range(1, steps + 1):
        log.add(Progress(KEY, 2 * step - 1, step, steps))
        log.add(Preview(KEY, 2 * step, b"picture"))
    return log


async def test_a_reader_from_the_beginning_hears_everything_as_it_comes() -> None:
    log = AttemptLog()
    reading = asyncio.create_task(read(log))
    told: list[Event] = [Started(KEY, 0), Progress(KEY, 1, 1, 2), Progress(KEY, 2, 2, 2)]
    for event in [*told, Cancelled(KEY, 3)]:
        await asyncio.sleep(0)
        log.add(event)
    assert await reading == [*told, Cancelled(KEY, 3)]


@given(steps=st.integers(0, 200), after=st.integers(-1, 500))
def test_who_comes_late_gets_the_latest_of_each_kind_and_nothing_twice(
    steps: int, after: int
) -> None:
    async def late() -> list[Event]:
        log = filled(steps)
        log.add(Cancelled(KEY, 2 * steps + 1))
        return await read(log, after)

    events = asyncio.run(late())
    assert len(events) <= 4
    assert [event.seq for event in events] == sorted({event.seq for event in events})
    assert all(event.seq > after for event in events)
    if after <= 2 * steps:
        assert isinstance(events[-1], Terminal)


async def test_after_the_end_nothing_is_kept() -> None:
    log = filled(1)
    log.add(Cancelled(KEY, 3))
    log.add(Progress(KEY, 4, 2, 2))
    assert [event.seq for event in await read(log)] == [0, 1, 2, 3]


async def test_a_reader_who_leaves_and_comes_back_misses_nothing_that_counts() -> None:
    log = filled(1)
    reading = log.after(-1)
    first = await anext(reading)
    await reading.aclose()
    log.add(Cancelled(KEY, 3))
    assert [event.seq for event in await read(log, first.seq)] == [1, 2, 3]
