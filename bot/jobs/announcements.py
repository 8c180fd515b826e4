"""Keeps the edit that says "queued" from landing on top of anything newer in the same message."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.jobs.line import Line


class Announcements:
    """Knows which jobs are being announced right now."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._under_way: dict[str, asyncio.Event] = {}

    @asynccontextmanager
    async def announcing(self, job_id: str) -> AsyncIterator[bool]:
        """Announce within; yields whether the job still waits, so that it is worth saying."""
        over = self._under_way[job_id] = asyncio.Event()
        try:
            yield await self._line.waits(job_id)
        finally:
            del self._under_way[job_id]
            over.set()

    async def settled(self, job_id: str) -> None:
        """Return when the message of ``job_id`` may be edited."""
        if over := self._under_way.get(job_id):
            await over.wait()
