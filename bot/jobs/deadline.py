"""Ends jobs that would not be done before the only way to their message closes.

An answer for one member alone can be edited by the interaction's token and by nothing else, and the
token dies after a quarter of an hour. A job that is not done shortly before is taken back, so that
its member can still be told, and is not charged for a picture that nobody will see.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import discord
import structlog

from bot.jobs.spec import is_private
from storage.database import Database
from storage.errors import StorageError
from storage.records import Job

log = structlog.get_logger(__name__)

# ``Origin`` ends a token's life a minute early; that is time enough to look, take back and tell.
LOOK_S = 10.0


class Deadline:
    """Looks now and then for jobs whose time is up.

    Args:
        end: Takes the job of that id back, wherever it is.
    """

    def __init__(self, database: Database, end: Callable[[str], Awaitable[object]]) -> None:
        self._database = database
        self._end = end
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="deadline")

    async def close(self) -> None:
        """Look no more."""
        self._closing.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while not self._closing.is_set():
            try:
                await self.look(discord.utils.utcnow())
            except StorageError as error:
                log.error("jobs out of reach, next look soon", error=str(error))
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._closing.wait()
            except TimeoutError:
                continue

    async def look(self, now: datetime) -> None:
        """End the jobs whose time is up at ``now``."""
        for job in await self._database.jobs.outliving_token(now):
            if is_private(job):
                log.info("not done in time", job=job.id)
                await self._end(job.id)


def too_late(job: Job) -> bool:
    """Whether a job was taken back since nobody could be told of its result any more."""
    ended = job.finished_at
    return is_private(job) and ended is not None and ended >= job.interaction_expires_at
