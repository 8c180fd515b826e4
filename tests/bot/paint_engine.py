"""An engine without a model: it takes steps when it is let, and tints the source by the seed."""

import asyncio
import io
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from PIL import Image, ImageChops

from engine.api import Health, WorkerHealth
from engine.events import Cancelled, Done, Event, Failed, Lost, Preview, Progress, Started
from engine.params import Attempt
from tests.engine.pictures import encoded

STEPS = 4


@dataclass
class PaintEngine:
    """Behaves as ``engine.api.Engine`` promises.

    ``gate`` is open unless a test holds it: then attempts wait before their first step. With
    ``paced`` each step waits until it is released one. A ``deaf`` engine does not obey a cancel.
    ``flagged`` is what its checkpoint's safety checker says, and ``preview`` the colour of its
    previews.
    """

    slots: int = 2
    workers: tuple[WorkerHealth, ...] = ()
    restarts: int = 0
    deaf: bool = False
    paced: asyncio.Semaphore | None = None
    flagged: bool | None = None
    preview: str | tuple[int, int, int] = "teal"
    attempts: list[Attempt] = field(default_factory=list)
    fails: list[Failed] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    alive: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[str, asyncio.Queue[Event]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.gate.set()

    async def start(self) -> None:
        self.alive.set()

    async def close(self) -> None:
        self.die()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def die(self) -> None:
        """End as a killed process does: everything in it is lost."""
        self.alive.clear()
        self.restarts += 1
        for key, queue in self._running.items():
            queue.put_nowait(Lost(key, -1))

    async def wait_ready(self) -> None:
        await self.alive.wait()

    def health(self) -> Health:
        return Health(
            alive=self.alive.is_set(),
            device="paint",
            slots=self.slots,
            running=tuple(self._running),
            workers=self.workers,
            restarts=self.restarts,
        )

    async def cancel(self, key: str) -> None:
        if key in self._running and not self.deaf:
            self._running[key].put_nowait(Cancelled(key, 1))

    async def attach(self, key: str, after_seq: int) -> AsyncGenerator[Event, None]:
        # A fake that remembers nothing of an attempt whose reader has gone.
        yield Lost(key, after_seq + 1)

    async def submit(self, attempt: Attempt) -> AsyncGenerator[Event, None]:
        self.attempts.append(attempt)
        if not self.alive.is_set():
            yield Lost(attempt.key, 0)
            return
        queue = self._running[attempt.key] = asyncio.Queue()
        task = asyncio.create_task(self._paint(attempt, queue))
        self._tasks.add(task)
        try:
            while True:
                event = await queue.get()
                yield event
                if isinstance(event, Done | Cancelled | Failed | Lost):
                    return
        finally:
            self._running.pop(attempt.key, None)
            task.cancel()

    async def _paint(self, attempt: Attempt, queue: asyncio.Queue[Event]) -> None:
        key = attempt.key
        queue.put_nowait(Started(key, 0))
        if attempt.previews:
            queue.put_nowait(
                Preview(key, 1, encoded(Image.new("RGB", (8, 8), self.preview), "WEBP"))
            )
        await self.gate.wait()
        for step in range(STEPS):
            if self.paced is not None:
                await self.paced.acquire()
            queue.put_nowait(Progress(key, 2 + step, step + 1, STEPS))
        if self.fails:
            failed = self.fails.pop(0)
            queue.put_nowait(Failed(key, 9, failed.code, failed.message, failed.retryable))
            return
        queue.put_nowait(
            Done(
                key=key,
                seq=9,
                image=painted(attempt),
                latents=f"latents of {key}".encode(),
                width=attempt.params.width,
                height=attempt.params.height,
                num_inference_steps=STEPS,
                guidance_scale=2.0,
                seconds=0.5,
                flagged=self.flagged,
            )
        )


def painted(attempt: Attempt) -> bytes:
    """The source in the seed's tint, at the size asked for; where a mask is black, as it was."""
    size, seed = (attempt.params.width, attempt.params.height), attempt.params.seed
    tint = Image.new("RGB", size, (seed % 251, seed % 241, seed % 239))
    if attempt.source is None:
        return encoded(tint, "WEBP")
    source = _opened(attempt.source, "RGB", size)
    result = ImageChops.add_modulo(source, tint)
    if attempt.mask is not None:
        result = Image.composite(result, source, _opened(attempt.mask, "L", size))
    return encoded(result, "WEBP")


def _opened(data: bytes, mode: str, size: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert(mode).resize(size)
