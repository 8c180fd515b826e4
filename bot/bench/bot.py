"""How quick and how small the bot process is, measured over the wire with the null engine.

The fake Discord belongs to the tests, and so these benchmarks run from a checkout only: it runs in
this process, the bot in another, and the bot's engine, which makes nothing, in a third.
"""

import asyncio
import io
import math
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from PIL import Image

from bot.bench.embedded import BenchError
from storage.database import Database

ROOT = Path(__file__).parents[2]
MEMBERS = 200
# Enough in flight that the bot is never idle, and few enough that the fake keeps up.
IN_FLIGHT = 32
PHOTO_SIZE = (4000, 3000)
WAIT_S = 300.0
MIB = 1024 * 1024

# A bench asks for more than a member may.
GENEROUS: dict[str, Any] = {
    "max_in_flight_per_user": 1000,
    "max_in_flight_per_guild": 100_000,
    "daily_quota": 1_000_000,
    "log_level": "ERROR",
    "previews": False,
    # It has a process of its own, and would take more of this machine than bot and fake together.
    "content_check": "none",
}


async def measure_ack(*, rounds: int = 5) -> dict[str, Any]:
    """200 `/restyle` at once, ``rounds`` times: seconds from the event to the acknowledgement."""
    async with _scene() as scene:
        taken: list[float] = []
        for _ in range(rounds):
            taken += await _acknowledged_at_once(scene)
        p99 = _percentile(taken, 0.99)
        return _report(
            {
                "interactions": len(taken),
                "ack_median_s": statistics.median(taken),
                "ack_p99_s": p99,
                "ack_longest_s": max(taken),
            },
            {"ack_p99_s": {"most": 0.3}, "ack_longest_s": {"most": 3.0}},
        )


async def measure_bot(*, jobs: int = 10_000, interactions: int = 2_000) -> dict[str, Any]:
    """Interactions a second on one core, lag of the loop under large photos, memory after jobs."""
    async with _scene() as scene:
        rate = await _interactions_a_second(scene, interactions)
        lags = await _lags_under_photos(scene)
        began = time.monotonic()
        await _many(scene, jobs, scene.restyle)
        seconds = time.monotonic() - began
        rss = psutil.Process(scene.scene.bot.pid).memory_info().rss / MIB
        return _report(
            {
                "interactions_per_s": rate,
                "loop_lag_median_s": statistics.median(lags),
                "loop_lag_p99_s": _percentile(lags, 0.99),
                "loop_lag_longest_s": max(lags),
                "jobs": jobs,
                "jobs_per_s": jobs / seconds,
                "rss_mib": rss,
            },
            {
                "interactions_per_s": {"least": 100.0},
                "loop_lag_p99_s": {"most": 0.05},
                "rss_mib": {"most": 120.0},
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """The fake with a bot in it; typed loosely, since the tests are no part of what is installed.

    Attributes:
        record: Where the bot writes how late its loop was.
    """

    scene: Any
    discord: Any
    members: list[Any]
    record: Path

    async def restyle(self, at: int, picture: bytes | None = None) -> Any:
        """`/restyle` by one member after the other."""
        from tests.wire import Upload

        given = {} if picture is None else {"image": Upload(picture)}
        return await self.scene.restyle(member=self.members[at % MEMBERS], **given)


@asynccontextmanager
async def _scene() -> AsyncIterator[_Bench]:
    """Bring fake and bot up, and down again."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    try:
        from tests.wire.scene import Scene
    except ModuleNotFoundError as error:
        raise BenchError(
            "This benchmark needs the project's tests: run it from a checkout."
        ) from error

    with tempfile.TemporaryDirectory(prefix="restyle-bench-") as folder:
        record = Path(folder) / "lag.txt"
        entry = [sys.executable, "-m", "bot.bench.null_bot", str(record)]
        await _make_database(Path(folder))
        async with Scene.open(Path(folder), traffic=None, entry=entry, **GENEROUS) as scene:
            members = [scene.discord.member(f"member {at}") for at in range(MEMBERS)]
            bench = _Bench(scene=scene, discord=scene.discord, members=members, record=record)
            # What is loaded on first use is loaded now.
            await bench.discord.result(await bench.restyle(0))
            yield bench


async def _make_database(folder: Path) -> None:
    """As every start but a bot's first finds it; making the tables takes memory that stays."""
    (folder / "data").mkdir()
    database = Database(f"sqlite:///{folder / 'data' / 'restyle.db'}")
    try:
        await database.upgrade()
    finally:
        await database.close()


async def _acknowledged_at_once(scene: _Bench) -> list[float]:
    asked = [await scene.restyle(at) for at in range(MEMBERS)]
    for one in asked:
        await scene.discord.answered(one, WAIT_S)
    taken = [one.answered_at - one.sent for one in asked]
    for one in asked:
        await scene.discord.result(one, WAIT_S)
    return taken


async def _interactions_a_second(scene: _Bench, count: int) -> float:
    """Of `/quota me`, each until its answer stands; the bot is held to one core meanwhile."""
    process = psutil.Process(scene.scene.bot.pid)
    cores = process.cpu_affinity() if hasattr(process, "cpu_affinity") else None
    if cores:
        process.cpu_affinity(cores[:1])

    async def ask(at: int) -> Any:
        return await scene.discord.slash(
            scene.members[at % MEMBERS], scene.scene.channel, "quota me"
        )

    try:
        began = time.monotonic()
        await _many(scene, count, ask, until=lambda one: bool(one.told()))
        return count / (time.monotonic() - began)
    finally:
        if cores:
            process.cpu_affinity(cores)


async def _lags_under_photos(scene: _Bench, count: int = 40) -> list[float]:
    photo = _photo()
    began = time.monotonic()
    await _many(scene, count, lambda at: scene.restyle(at, photo), in_flight=4)
    ended = time.monotonic()
    # The record is written a second late at most.
    await asyncio.sleep(1.5)
    rows = (line.split() for line in scene.record.read_text("utf-8").splitlines())
    return [float(lag) for moment, lag in rows if began <= float(moment) <= ended]


async def _many(
    scene: _Bench,
    count: int,
    ask: Callable[[int], Awaitable[Any]],
    *,
    until: Callable[[Any], bool] | None = None,
    in_flight: int = IN_FLIGHT,
) -> None:
    """Ask ``count`` times, with at most ``in_flight`` unanswered; each until its picture stands."""
    from tests.wire.discord import shows_result

    reached = until or (lambda one: one.message is not None and shows_result(one.message))
    open_ones: list[Any] = []
    for at in range(count):
        open_ones.append(await ask(at))
        if len(open_ones) >= in_flight:
            waiting = list(open_ones)
            await scene.discord.until(lambda waiting=waiting: any(map(reached, waiting)), WAIT_S)
            open_ones = [one for one in open_ones if not reached(one)]
    await scene.discord.until(lambda: all(map(reached, open_ones)), WAIT_S)


def _photo() -> bytes:
    """Twelve megapixels as a phone writes them: a JPEG of some megabytes, full of detail."""
    noise = Image.effect_noise(PHOTO_SIZE, 40).convert("RGB")
    buffer = io.BytesIO()
    noise.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _percentile(values: Sequence[float], share: float) -> float:
    """The least of ``values`` that at least that share of them does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _report(figures: dict[str, float], bars: dict[str, dict[str, float]]) -> dict[str, Any]:
    held = {name: bar | {"ok": _holds(figures[name], bar)} for name, bar in bars.items()}
    return {
        "figures": figures,
        "bars": held,
        "ok": all(bar["ok"] for bar in held.values()),
        "device": "null",
        "versions": {"python": platform.python_version()},
        "cores": psutil.cpu_count(),
    }


def _holds(value: float, bar: dict[str, float]) -> bool:
    return bar.get("least", -math.inf) <= value <= bar.get("most", math.inf)
