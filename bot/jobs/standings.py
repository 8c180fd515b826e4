"""Tells those who wait where they stand, in the message that they see, whenever that is news."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import discord
import structlog

from bot.delivery.faults import UNREACHED, Fault, fault_of
from bot.jobs.announcements import Announcements
from bot.jobs.estimate import Work
from bot.jobs.forecast import Forecast
from bot.jobs.line import Line
from bot.jobs.spec import JobSpec
from bot.jobs.submission import Submitted
from storage.errors import StorageError

log = structlog.get_logger(__name__)

# Looked at in one round, those first that were not looked at for longest: however many wait,
# Discord is not asked for more edits than that at once.
AT_ONCE = 20
# After so long all are looked at though nothing is known to have changed: jobs came a step further,
# or another bot on the database took some.
LOOK_S = 5.0
# A time that was told is told anew when it is off by that share of it, and by so many seconds.
NEWS_SHARE = 0.25
NEWS_S = 5.0


@dataclass(slots=True)
class _Told:
    """What a message says, since when by the loop's clock, and what its last job will be."""

    submitted: Submitted
    last: Work
    at: float

    @property
    def job_ids(self) -> list[str]:
        return [job.id for job in self.submitted.jobs]


class Standings:
    """Keeps place and time in the messages of waiting jobs true.

    Args:
        tell: Edits the message of such jobs.
        interval_s: Least time between two edits of one message, as for progress.
    """

    def __init__(
        self,
        *,
        line: Line,
        forecast: Forecast,
        announcements: Announcements,
        tell: Callable[[Submitted], Awaitable[None]],
        interval_s: float,
    ) -> None:
        self._line = line
        self._forecast = forecast
        self._announcements = announcements
        self._tell = tell
        self._interval_s = interval_s
        self._waiting: dict[str, _Told] = {}
        self._changed = asyncio.Event()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def follow(self, submitted: Submitted) -> None:
        """Keep true what was told just now."""
        work = Work.of(JobSpec.from_mapping(submitted.jobs[-1].params).params)
        now = asyncio.get_running_loop().time()
        self._waiting[submitted.jobs[0].id] = _Told(submitted, work, now)
        self.wake()

    def begun(self, job_id: str) -> None:
        """The first job of a message, or one of its companions, runs: progress is told instead."""
        self._waiting.pop(job_id, None)
        self.wake()

    def wake(self) -> None:
        """Something in the line has changed."""
        self._changed.set()

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="standings")

    async def close(self) -> None:
        """Look no more; an edit on its way has ended."""
        self._closing.set()
        self.wake()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while not self._closing.is_set():
            try:
                async with asyncio.timeout(LOOK_S if self._waiting else None):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            for job_id in list(self._waiting)[:AT_ONCE]:
                if not self._closing.is_set():
                    await self._look(job_id)
                # To look takes milliseconds in a long line, and may have waited for nothing.
                await asyncio.sleep(0)
            try:
                async with asyncio.timeout(self._interval_s):
                    await self._closing.wait()
            except TimeoutError:
                continue

    async def _look(self, job_id: str) -> None:
        told = self._waiting.pop(job_id, None)
        if told is None:
            # It has begun meanwhile.
            return
        self._waiting[job_id] = told
        try:
            place = await self._line.place(told.job_ids)
        except StorageError as error:
            log.warning("a place in the queue was not looked up", job=job_id, error=str(error))
            return
        if place is None:
            self._forget(job_id, told)
            return
        wait_s = self._forecast.wait_s(place.before, told.last)
        now = replace(told.submitted, place=place, wait_s=wait_s)
        if _is_news(told.submitted, now) and self._is_time(told):
            await self._tell_now(job_id, told, now)

    def _is_time(self, told: _Told) -> bool:
        return asyncio.get_running_loop().time() - told.at >= self._interval_s

    async def _tell_now(self, job_id: str, told: _Told, now: Submitted) -> None:
        if now.jobs[0].interaction_expires_at <= discord.utils.utcnow():
            # Only its token leads to the message without a right of the bot's own, and it is dead.
            self._forget(job_id, told)
            return
        async with self._announcements.announcing(job_id) as waits:
            # Whatever has begun meanwhile tells its progress.
            if not waits or self._waiting.get(job_id) is not told:
                self._forget(job_id, told)
                return
            told.submitted, told.at = now, asyncio.get_running_loop().time()
            try:
                await self._tell(now)
            except UNREACHED as error:
                log.info("a place in the queue could not be told", job=job_id, error=str(error))
                if fault_of(error) is not Fault.TRY_LATER:
                    self._forget(job_id, told)

    def _forget(self, job_id: str, told: _Told) -> None:
        if self._waiting.get(job_id) is told:
            del self._waiting[job_id]


def _is_news(told: Submitted, now: Submitted) -> bool:
    if told.place.number != now.place.number or told.wait_s is None:
        return told.place.number != now.place.number or now.wait_s is not None
    if now.wait_s is None:
        return False
    return abs(now.wait_s - told.wait_s) > max(NEWS_S, NEWS_SHARE * told.wait_s)
