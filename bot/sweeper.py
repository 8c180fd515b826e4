"""Removes pictures whose time is over, and files that nothing refers to."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog

from bot.monitoring.metrics import Metrics
from storage.database import Database
from storage.dropping import drop_unused
from storage.errors import StorageError
from storage.image_store import ImageStore
from storage.retention import Expired

log = structlog.get_logger(__name__)

SWEEP_EVERY_S = 3600.0


class Sweeper:
    """Sweeps once an hour, beginning with the start.

    Args:
        retention_days: For guilds that chose nothing, and for direct messages; 0 is for ever.
        before: What is done first and may make further pictures unused.
    """

    def __init__(
        self,
        *,
        database: Database,
        images: ImageStore,
        retention_days: int,
        metrics: Metrics,
        before: Callable[[datetime], Awaitable[None]] | None = None,
    ) -> None:
        self._before = before
        self._database = database
        self._images = images
        self._retention_days = retention_days
        self._metrics = metrics
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to sweep."""
        self._task = asyncio.create_task(self._run(), name="sweeper")

    async def close(self) -> None:
        """Stop; what is left is swept after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def sweep(self, now: datetime) -> None:
        """Sweep once.

        Raises:
            StorageError: Database or disk are not well; what was not swept yet stays.
        """
        jobs = files = 0
        for days, chosen in await self._terms():
            while (expired := await self._expire(days, now, chosen=chosen)).jobs:
                jobs += expired.jobs
                files += await drop_unused(self._database, self._images, expired.hashes)
        # What a process left that died between its row and its file, or a refused wish.
        left = await drop_unused(self._database, self._images, await self._images.settled())
        self._metrics.swept(files + left)
        if jobs or left:
            log.info("pictures swept", jobs=jobs, files=files, leftovers=left)

    async def _terms(self) -> list[tuple[int, bool]]:
        chosen = [(days, True) for days in sorted(await self._database.retention.chosen())]
        return [*chosen, (self._retention_days, False)] if self._retention_days else chosen

    async def _expire(self, days: int, now: datetime, *, chosen: bool) -> Expired:
        return await self._database.retention.expire(days, now, chosen=chosen)

    async def _run(self) -> None:
        while True:
            try:
                if self._before is not None:
                    await self._before(datetime.now(UTC))
                await self.sweep(datetime.now(UTC))
            except StorageError as error:
                log.error("not everything was swept", error=str(error))
            await asyncio.sleep(SWEEP_EVERY_S)
