"""What Ray costs a job, what more actors gain, and what kills leave behind.

All of it with rehearsals: engines whose steps take a given time and nothing of the processor, so
that many of them fit on one machine. What is measured is the way to them and back.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from engine.api import Engine
from engine.bench.ray_head import Cluster, cluster
from engine.bench.report import Measures
from engine.bench.settings import BenchSettings
from engine.bench.timing import median
from engine.client import EngineOptions, LocalEngine
from engine.events import Done, Event, Failed, Lost
from engine.params import Attempt, RestyleParams

STEPS = 20
OVERHEAD_STEP_S, OVERHEAD_JOBS = 0.005, 40
GAIN_STEP_S, JOBS_AN_ACTOR = 0.05, 4
MANY = 16
KILL_STEP_S, KILL_JOBS, KILL_ACTORS = 0.05, 200, 4
MOST_ATTEMPTS = 5
READY_S = 300.0
PICTURE = os.urandom(200_000)


class RehearsalOptions(EngineOptions, frozen=True, kw_only=True):
    """Starts a local process that takes steps and makes nothing."""

    step_s: float

    def command(self) -> list[str]:
        """The command line of that process."""
        return [sys.executable, "-m", "engine.bench.rehearse", str(self.step_s)]


def measure(settings: BenchSettings, measures: Measures) -> int:
    """Overhead of one job, throughput by actors, and 200 jobs under kills."""
    return asyncio.run(_measured(settings, measures))


async def _measured(settings: BenchSettings, measures: Measures) -> int:
    rounds = settings.rounds_or(OVERHEAD_JOBS)
    if settings.wants("overhead"):
        async with cluster(cpus=1) as one:
            measures.figure("overhead_ms", await _overhead_ms(one, rounds), at_most=10.0)
    if settings.wants("gain"):
        alone = await _jobs_a_second(1)
        measures.figure("two_actors_gain", await _jobs_a_second(2) / alone, at_least=1.9)
        many = 3 if settings.quick else MANY
        measures.figure("sixteen_actors_gain", await _jobs_a_second(many) / alone, at_least=14.0)
    if settings.wants("kills"):
        await _kills(measures, 12 if settings.quick else KILL_JOBS)
    return rounds


async def _overhead_ms(one: Cluster, rounds: int) -> float:
    """How much longer a job of 20 steps takes over Ray than in a child process: the median."""
    local = LocalEngine(RehearsalOptions(step_s=OVERHEAD_STEP_S))
    await local.start()
    try:
        async with _ready(one, actors=1, step_s=OVERHEAD_STEP_S) as remote:
            more = []
            for number in range(-2, rounds):
                there = await _seconds(remote, f"ray{number}.1")
                here = await _seconds(local, f"local{number}.1")
                if number >= 0:
                    more.append(1000 * (there - here))
    finally:
        await local.close()
    return median(more)


async def _jobs_a_second(actors: int) -> float:
    async with (
        cluster(cpus=actors) as running,
        _ready(running, actors=actors, step_s=GAIN_STEP_S) as engine,
    ):
        # Every actor has run one before: the first of a process takes longer.
        await asyncio.gather(*(_seconds(engine, f"warm{at}.1") for at in range(actors)))
        clock = asyncio.get_running_loop().time
        began = clock()
        jobs = actors * JOBS_AN_ACTOR
        await asyncio.gather(*(_seconds(engine, f"job{at}.1") for at in range(jobs)))
        return jobs / (clock() - began)


@asynccontextmanager
async def _ready(running: Cluster, *, actors: int, step_s: float) -> AsyncIterator[LocalEngine]:
    """A client whose actors are all there."""
    engine = LocalEngine(running.options(rehearsal_step_s=step_s, step_timeout_s=30.0))
    await engine.start()
    try:
        await _all_alive(engine, actors)
        yield engine
    finally:
        await engine.close()


async def _all_alive(engine: LocalEngine, actors: int) -> None:
    async with asyncio.timeout(READY_S):
        while sum(worker.alive for worker in engine.health().workers) < actors:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _seconds(engine: Engine, key: str) -> float:
    clock = asyncio.get_running_loop().time
    began = clock()
    event = await _end(engine, key)
    if not isinstance(event, Done):
        raise TypeError(f"{key} ended as {event}")
    return clock() - began


async def _end(engine: Engine, key: str) -> Event:
    params = RestyleParams(
        prompt="", strength=1.0, seed=1, width=64, height=64, num_inference_steps=STEPS
    )
    stream = engine.submit(Attempt(key=key, params=params, source=PICTURE))
    return [event async for event in stream][-1]


@dataclass
class Tally:
    """How jobs ended, as their dispatcher saw it."""

    jobs: int
    done: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)


async def _kills(measures: Measures, jobs: int) -> None:
    """Jobs over four actors, while an actor, the gateway and the head are killed."""
    async with (
        cluster(cpus=KILL_ACTORS) as running,
        _ready(running, actors=KILL_ACTORS, step_s=KILL_STEP_S) as engine,
    ):
        tally, line = Tally(jobs), asyncio.Semaphore(KILL_ACTORS)
        work = [asyncio.create_task(_insist(engine, f"job{at}", tally, line)) for at in range(jobs)]
        for name in ("actor", "gateway", "head"):
            await _after(tally, jobs // 8)
            measures.figure(f"recovery_{name}_s", await _recovered(name, running, engine, tally))
        finished = await asyncio.gather(*work)
    measures.figure("jobs", jobs)
    measures.figure("attempts_lost", tally.lost)
    measures.figure("not_ended", finished.count(False), at_most=0)
    doubled = sum(count > 1 for count in tally.done.values())
    measures.figure("doubled", doubled, at_most=0)


async def _insist(engine: LocalEngine, job: str, tally: Tally, line: asyncio.Semaphore) -> bool:
    """What the bot's dispatcher does: attempt after attempt, each with a key of its own."""
    async with line:
        for number in range(1, MOST_ATTEMPTS + 1):
            await engine.wait_ready()
            event = await _end(engine, f"{job}.{number}")
            if isinstance(event, Done):
                tally.done[job] += 1
                tally.ended.set()
                return True
            assert isinstance(event, Lost | Failed), event
            tally.lost += 1
    return False


async def _after(tally: Tally, more: int) -> None:
    """Wait until so many more jobs are done, or all of them."""
    wanted = min(tally.jobs, tally.done.total() + more)
    while tally.done.total() < wanted:
        tally.ended.clear()
        await tally.ended.wait()


async def _recovered(name: str, running: Cluster, engine: LocalEngine, tally: Tally) -> float:
    """Kill a part with SIGKILL; the seconds until all places work again."""
    clock = asyncio.get_running_loop().time
    began = clock()
    match name:
        case "actor":
            running.kill_actor()
            await _seen(engine)
        case "gateway":
            assert engine.pid is not None
            os.kill(engine.pid, signal.SIGKILL)
            await _after(tally, 1)
        case _:
            await running.kill()
            await running.start()
            await _after(tally, 1)
    await _all_alive(engine, KILL_ACTORS)
    return clock() - began


async def _seen(engine: LocalEngine) -> None:
    """Wait until the gateway has seen that an actor died."""
    async with asyncio.timeout(READY_S):
        while all(worker.alive for worker in engine.health().workers):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
