"""Watches engine and disk, and tells the operator's channel when one of them needs somebody."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from bot.monitoring.metrics import Metrics
from engine.api import Engine

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 5.0
GIB = 1024**3

ENGINE_DOWN = "The engine is down. Jobs wait until it is back; nothing is lost."
ENGINE_BACK = "The engine is back."
ENGINE_RESTARTED = "The engine died and was started again. Its jobs are tried again."
DISK_LOW = "The disk is running low: {free:.1f} GiB are free in the data folder."
DISK_FINE = "There is room on the disk again: {free:.1f} GiB are free."


class Lookout:
    """Looks every few seconds and says each change once.

    Args:
        tell: Brings a sentence to the operator; what goes wrong there is its own business.
        disk_low_bytes: Free space in ``data_dir`` below which the operator is told.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        data_dir: Path,
        disk_low_bytes: int,
        metrics: Metrics,
        tell: Callable[[str], Awaitable[None]],
    ) -> None:
        self._engine = engine
        self._data_dir = data_dir
        self._disk_low_bytes = disk_low_bytes
        self._metrics = metrics
        self._tell = tell
        self._engine_was_up = True
        self._restarts_seen = engine.health().restarts
        self._disk_was_low = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="lookout")

    async def close(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Look once, and tell what has changed since the last look."""
        await self._look_at_engine()
        await self._look_at_disk()

    async def _run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look_at_engine(self) -> None:
        health = self._engine.health()
        was_up, restarts_seen = self._engine_was_up, self._restarts_seen
        self._engine_was_up, self._restarts_seen = health.alive, health.restarts
        self._metrics.trouble("engine_down", active=not health.alive)
        if was_up and not health.alive:
            await self._tell(ENGINE_DOWN)
        elif not was_up and health.alive:
            await self._tell(ENGINE_BACK)
        elif health.restarts > restarts_seen:
            # It was down and up again between two looks.
            await self._tell(ENGINE_RESTARTED)

    async def _look_at_disk(self) -> None:
        try:
            usage = await asyncio.to_thread(shutil.disk_usage, self._data_dir)
        except OSError as error:
            log.error("free disk space unknown", folder=str(self._data_dir), error=error.strerror)
            return
        low = usage.free < self._disk_low_bytes
        self._metrics.trouble("disk_low", active=low)
        if low != self._disk_was_low:
            self._disk_was_low = low
            sentence = DISK_LOW if low else DISK_FINE
            await self._tell(sentence.format(free=usage.free / GIB))
