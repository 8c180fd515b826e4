"""A picture to an engine process and back: frames over pipes, as the bot and the engine do it."""

import asyncio
import multiprocessing
import sys
from multiprocessing.connection import Connection

from engine.bench.jobs import Photos, attempt
from engine.bench.report import Measures
from engine.bench.settings import BenchSettings
from engine.bench.timing import Times, median, ratio
from engine.client import EngineOptions
from engine.client.process import EngineProcess
from engine.events import Done
from engine.protocol import Submit

SIDE = 1024


class EchoOptions(EngineOptions, frozen=True, kw_only=True):
    """Starts a process that gives each job its source back."""

    def command(self) -> list[str]:
        """The command line of that process."""
        return [sys.executable, "-m", "engine.bench.echo"]


def measure(settings: BenchSettings, measures: Measures) -> int:
    """There and back, against the raw pixels through a pipe of multiprocessing."""
    rounds, side = settings.rounds_or(60), 64 if settings.quick else SIDE
    times = asyncio.run(_measured(Photos(settings.photos), side, rounds))
    measures.figure("vs_raw_pipe", ratio(times, "frames", "raw"), at_most=0.2)
    measures.figure("frames_ms", 1000 * median(times["frames"]))
    measures.figure("raw_ms", 1000 * median(times["raw"]))
    return rounds


async def _measured(photos: Photos, side: int, rounds: int) -> Times:
    picture = photos.picture(1, side)
    job = attempt("picture", picture, side)
    raw = picture.tobytes()
    here, there = multiprocessing.get_context("spawn").Pipe()
    child = multiprocessing.get_context("spawn").Process(target=_echo, args=(there,))
    child.start()
    engine = await EngineProcess.spawn(EchoOptions())
    await engine.hello(60.0)
    replies = engine.replies()
    times: Times = {"frames": [], "raw": []}
    clock = asyncio.get_running_loop().time
    for number in range(-3, rounds):
        began = clock()
        engine.send(Submit(job))
        reply = await anext(replies)
        between = clock()
        here.send_bytes(raw)
        returned = here.recv_bytes()
        ended = clock()
        assert isinstance(reply, Done)
        assert (reply.image, returned) == (job.source, raw)
        if number >= 0:
            times["frames"].append(between - began)
            times["raw"].append(ended - between)
    here.close()
    child.join(10)
    await engine.end()
    return times


def _echo(pipe: Connection) -> None:
    try:
        while True:
            pipe.send_bytes(pipe.recv_bytes())
    except EOFError:
        return
