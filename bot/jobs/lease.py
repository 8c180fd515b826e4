"""This bot's lease on a database that it shares with others: kept alive, and its loss told.

Who has no lease claims nothing and delivers nothing; what it held is another's by then.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable

import structlog

from storage.database import Database
from storage.errors import StorageError
from storage.leases import Beat

log = structlog.get_logger(__name__)

LASTS_S = 10.0
BEAT_S = 2.0
# What is begun this long before the end may land after it.
MARGIN_S = 1.0


class Lease:
    """Renews itself every ``beat_s`` seconds, for ``lasts_s`` each time."""

    def __init__(
        self, database: Database, *, lasts_s: float = LASTS_S, beat_s: float = BEAT_S
    ) -> None:
        self._database = database
        self._lasts_s, self._beat_s = lasts_s, beat_s
        self._until = 0.0
        self._task: asyncio.Task[None] | None = None
        self.id = ""
        self.latest = Beat(held=False)
        self.heard: list[Callable[[Beat], Awaitable[None]]] = []
        """Called with each beat, the first one's as well."""
        self.lost: list[Callable[[], object]] = []
        """Called when all that was held is another's; there is a new lease already."""

    @property
    def valid(self) -> bool:
        """Whether nobody can have taken this bot for dead, by its own clock."""
        return asyncio.get_running_loop().time() < self._until - MARGIN_S

    async def start(self) -> None:
        """Take a lease and keep it; raises ``StorageError``."""
        await self._take()
        await self._renew()
        self._task = asyncio.create_task(self._run(), name="lease")

    async def close(self) -> None:
        """Give the lease back, so that nobody waits for its end."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task, self._until = None, 0.0
        with contextlib.suppress(StorageError):
            await self._database.leases.end(self.id)

    async def _take(self) -> None:
        lease, began = secrets.token_hex(8), asyncio.get_running_loop().time()
        await self._database.leases.take(lease, self._lasts_s)
        self.id, self._until = lease, began + self._lasts_s

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._beat_s)
            try:
                await self._renew()
            except StorageError as error:
                log.error("lease not renewed, next try soon", error=str(error))

    async def _renew(self) -> None:
        began = asyncio.get_running_loop().time()
        beat = await self._database.leases.beat(self.id, self._lasts_s)
        if not beat.held:
            self._until = 0.0
            await self._take()
            log.error("taken for dead: what ran here is another bot's now")
            for told in self.lost:
                told()
            return
        self._until = began + self._lasts_s
        self.latest = beat
        if beat.freed:
            log.warning("jobs of a bot that died wait again", jobs=len(beat.freed))
        for hears in self.heard:
            await hears(beat)
