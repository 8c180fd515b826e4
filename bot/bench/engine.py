"""How long a job takes alone, and what several jobs at once gain by sharing denoiser calls."""

import asyncio
import io
import statistics
import time

import msgspec
from PIL import Image

from engine.client import LocalEngine
from engine.events import Done
from engine.params import Attempt, RestyleParams


class EngineFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Medians over the rounds, in seconds of clock.

    Attributes:
        alone: One job with the engine to itself.
        together: All ``jobs`` handed in at once, until the last is done.
        gain: ``jobs × alone / together``: above 1, sharing calls pays.
    """

    checkpoint: str
    device: str
    side: int
    jobs: int
    rounds: int
    alone: float
    together: float
    gain: float


async def measure_engine(
    engine: LocalEngine, *, side: int, jobs: int, rounds: int
) -> EngineFigures:
    """Measure jobs of ``side`` × ``side`` pixels at the checkpoint's defaults, strength 0.6.

    The two kinds of run take turns, so that a machine that slows down slows both.
    """
    source = _source(side)
    await _timed(engine, source, side, 1, "warm-up")
    alone, together = [], []
    for number in range(rounds):
        alone.append(await _timed(engine, source, side, 1, f"alone {number}"))
        together.append(await _timed(engine, source, side, jobs, f"together {number}"))
    health = engine.health()
    one, all_ = statistics.median(alone), statistics.median(together)
    return EngineFigures(
        checkpoint=health.checkpoint,
        device=health.device,
        side=side,
        jobs=jobs,
        rounds=rounds,
        alone=round(one, 4),
        together=round(all_, 4),
        gain=round(jobs * one / all_, 3),
    )


async def _timed(engine: LocalEngine, source: bytes, side: int, jobs: int, name: str) -> float:
    began = time.perf_counter()
    await asyncio.gather(
        *(_one(engine, source, side, seed, f"{name}.{seed}") for seed in range(jobs))
    )
    return time.perf_counter() - began


async def _one(engine: LocalEngine, source: bytes, side: int, seed: int, key: str) -> None:
    params = RestyleParams(
        prompt="an oil painting",
        strength=0.6,
        seed=seed,
        width=side,
        height=side,
        checkpoint=engine.health().checkpoint,
    )
    events = [
        event async for event in engine.submit(Attempt(key=key, params=params, source=source))
    ]
    if not isinstance(events[-1], Done):
        raise TypeError(f"a benchmark job ended with {events[-1]}")


def _source(side: int) -> bytes:
    out = io.BytesIO()
    Image.effect_mandelbrot((side, side), (-2.0, -1.5, 1.0, 1.5), 40).convert("RGB").save(
        out, "WEBP", lossless=True
    )
    return out.getvalue()
