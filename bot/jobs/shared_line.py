"""The line that several bots share, in the database: claiming from it feeds this bot's queue."""

import asyncio
from collections.abc import Sequence

import structlog

from bot.jobs.estimate import Work
from bot.jobs.insistence import RETRY_S
from bot.jobs.lease import Lease
from bot.jobs.line import Place, queued_of
from bot.queue import JobQueue, QueuedJob
from storage.database import Database
from storage.errors import StorageError
from storage.leases import Beat
from storage.records import Job, JobStatus

log = structlog.get_logger(__name__)

# Jobs that this bot took in itself are claimed at once; those of others, after so long at most.
POLL_S = 0.25


class SharedLine:
    """``bot.jobs.line.Line`` for all bots on one database together.

    What it puts into the queue is claimed already, so the queue holds no more than what this bot's
    engine had room for.
    """

    def __init__(self, queue: JobQueue, database: Database, lease: Lease) -> None:
        self._queue = queue
        self._database = database
        self._lease = lease
        self._claimed: dict[str, Job] = {}
        self._changed = asyncio.Event()
        lease.heard.append(self._hear)

    @property
    def length(self) -> int:
        """See ``Line``; a beat old."""
        return self._lease.latest.waiting

    @property
    def works(self) -> Sequence[Work | None]:
        """See ``Line``; a beat old."""
        return [None] * self._share(self.length)

    async def begin(self) -> None:
        """The line is there already."""

    async def join(self, jobs: Sequence[Job]) -> Place:
        """See ``Line``."""
        place = await self.place([job.id for job in jobs])
        self._changed.set()
        return place or Place(number=1)

    async def place(self, job_ids: Sequence[str]) -> Place | None:
        """See ``Line``; the others who wait are not read, so nothing is known of their work."""
        ends = dict.fromkeys((job_ids[0], job_ids[-1]))
        asked = [await self._database.line.position(job_id) for job_id in ends]
        numbers = [number for number in asked if number is not None]
        if not numbers:
            return None
        return Place(number=numbers[0], before=(None,) * self._share(numbers[-1] - 1))

    def _share(self, jobs: int) -> int:
        """How many of so many fall to this bot, if all that live are as quick as it is."""
        return -(-jobs // (1 + self._lease.latest.others))

    async def waits(self, job_id: str) -> bool:
        """See ``Line``."""
        return (await self._database.jobs.get(job_id)).status is JobStatus.QUEUED

    async def next(self) -> QueuedJob:
        """See ``Line``; to be asked when the engine has room."""
        while self._queue.empty():
            self._changed.clear()
            try:
                job = await self._database.line.claim(self._lease.id)
            except StorageError as error:
                log.error("no job claimed, next try soon", error=str(error))
                await asyncio.sleep(RETRY_S)
                continue
            if job is not None:
                self._claimed[job.id] = job
                self._queue.put_nowait(queued_of(job))
                break
            try:
                async with asyncio.timeout(POLL_S):
                    await self._changed.wait()
            except TimeoutError:
                continue
        return await self._queue.get()

    async def claim(self, queued: QueuedJob) -> Job | None:
        """See ``Line``; None for one that was claimed by a lease that is lost."""
        job = self._claimed.pop(queued.job_id, None)
        return job if job is not None and job.holder == self._lease.id else None

    def put_back(self, queued: QueuedJob) -> None:
        """See ``Line``."""
        self._queue.put_head(queued)

    def again(self, job: Job) -> None:
        """See ``Line``; it is in the database."""
        self._changed.set()

    def leave(self, job_id: str) -> None:
        """See ``Line``; one that is claimed already is stopped by its follower."""

    async def stop_elsewhere(self, job_id: str) -> None:
        """See ``Line``."""
        await self._database.leases.want_no_more(job_id)

    @property
    def alone(self) -> bool:
        """See ``Line``."""
        return not self._lease.latest.others

    async def waiting(self) -> list[str]:
        """See ``Line``."""
        try:
            return await self._database.line.waiting()
        except StorageError as error:
            log.warning("nobody could be told of the pause", error=str(error))
            return []

    async def _hear(self, beat: Beat) -> None:
        if beat.freed:
            self._changed.set()
