"""The bot's last words before it ends: whose pictures wait until it is back."""

import asyncio
from collections.abc import Collection

import structlog

from bot.delivery.courier import Courier
from bot.delivery.letters import pause_letter
from bot.jobs.announcements import Announcements
from storage.database import Database
from storage.records import Job

log = structlog.get_logger(__name__)


class PauseNotices:
    """Says in the messages of jobs without an outcome that they wait until the bot is back."""

    def __init__(self, database: Database, announcements: Announcements, courier: Courier) -> None:
        self._database = database
        self._announcements = announcements
        self._courier = courier

    async def tell(self, job_ids: Collection[str]) -> None:
        """Tell it once in each message; one whose job is over by now shows its outcome instead."""
        jobs = await self._database.jobs.still_open(job_ids)
        messages = {job.group_id or job.id: job for job in jobs}
        outcomes = await asyncio.gather(
            *(self._tell(message, job) for message, job in messages.items()),
            return_exceptions=True,
        )
        for job, outcome in zip(messages.values(), outcomes, strict=True):
            if isinstance(outcome, Exception):
                log.warning("pause not told", job=job.id, error=str(outcome))

    async def _tell(self, message: str, job: Job) -> None:
        await self._announcements.settled(message)
        await self._courier.edit(job, pause_letter(job))
