"""Where the dispatcher's jobs come from: the line of a bot that has its database to itself.

``SharedLine`` is the other one. Both feed the asyncio queue that lies between bot and engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.jobs.estimate import Work, work_in
from bot.queue import JobQueue, QueuedJob
from storage.database import Database
from storage.records import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where jobs that share a message stand.

    Attributes:
        number: The place of the first of them, counted from 1.
        before: The work of all who have their turn before the last of them, its own companions
            among these, as far as it falls to this bot's engine; None for what is not known.
    """

    number: int
    before: tuple[Work | None, ...] = ()


class Line(Protocol):
    """Jobs that wait, in the order of their turns."""

    @property
    def length(self) -> int:
        """How many jobs wait, as far as is known without asking."""

    @property
    def works(self) -> Sequence[Work | None]:
        """The work of all who wait and fall to this bot's engine; None for what is not known."""

    async def begin(self) -> None:
        """Take over the jobs that wait already."""

    async def join(self, jobs: Sequence[Job]) -> Place:
        """Let new jobs of one member wait, and tell where."""

    async def place(self, job_ids: Sequence[str]) -> Place | None:
        """Where jobs that share a message stand; None when none of them waits."""

    async def waits(self, job_id: str) -> bool:
        """Whether a job still waits."""

    async def next(self) -> QueuedJob:
        """The job whose turn it is, once there is one."""

    async def claim(self, queued: QueuedJob) -> Job | None:
        """Begin its next attempt; None when it does not wait any more."""

    def put_back(self, queued: QueuedJob) -> None:
        """Let a job whose turn could not be used have the next one."""

    def again(self, job: Job) -> None:
        """A job that lost an attempt waits again."""

    def leave(self, job_id: str) -> None:
        """A job is taken back."""

    async def stop_elsewhere(self, job_id: str) -> None:
        """A job is taken back that runs, and not here."""

    @property
    def alone(self) -> bool:
        """Whether what this bot lets go of waits until it is back."""

    async def waiting(self) -> list[str]:
        """Ids of the jobs that wait, the next one first where that is known."""


class OwnLine:
    """The whole line in memory, rebuilt from the database at each start."""

    def __init__(self, queue: JobQueue, database: Database) -> None:
        self._queue = queue
        self._database = database

    @property
    def length(self) -> int:
        """See ``Line``."""
        return self._queue.qsize()

    @property
    def works(self) -> Sequence[Work | None]:
        """See ``Line``."""
        return [one.work for one in self._queue.waiting()]

    async def begin(self) -> None:
        """See ``Line``."""
        self._queue.seed_served(await self._database.jobs.last_served())
        for job in await self._database.jobs.unfinished():
            self._queue.put_nowait(_with_work(job))

    async def join(self, jobs: Sequence[Job]) -> Place:
        """See ``Line``."""
        for job in jobs:
            self._queue.put_nowait(_with_work(job))
        # Asked for at once: after the next await a dispatcher may already have taken it.
        return await self.place([job.id for job in jobs]) or Place(number=1)

    async def place(self, job_ids: Sequence[str]) -> Place | None:
        """See ``Line``."""
        numbers: list[int] = []
        works: list[Work | None] = []
        for at, one in enumerate(self._queue.waiting()):
            if one.job_id in job_ids:
                numbers.append(at)
                if len(numbers) == len(job_ids):
                    # Whoever comes later does not matter to them, and a line may be long.
                    break
            works.append(one.work)
        if not numbers:
            return None
        return Place(number=numbers[0] + 1, before=tuple(works[: numbers[-1]]))

    async def waits(self, job_id: str) -> bool:
        """See ``Line``."""
        return self._queue.position(job_id) is not None

    async def next(self) -> QueuedJob:
        """See ``Line``."""
        return await self._queue.get()

    async def claim(self, queued: QueuedJob) -> Job | None:
        """See ``Line``."""
        return await self._database.jobs.claim(queued.job_id)

    def put_back(self, queued: QueuedJob) -> None:
        """See ``Line``."""
        self._queue.put_head(queued)

    def again(self, job: Job) -> None:
        """See ``Line``."""
        self._queue.put_head(_with_work(job))

    def leave(self, job_id: str) -> None:
        """See ``Line``."""
        self._queue.remove(job_id)

    async def stop_elsewhere(self, job_id: str) -> None:
        """Nothing runs elsewhere."""

    @property
    def alone(self) -> bool:
        """See ``Line``."""
        return True

    async def waiting(self) -> list[str]:
        """See ``Line``."""
        return self._queue.job_ids()


def _with_work(job: Job) -> QueuedJob:
    return replace(queued_of(job), work=work_in(job))


def queued_of(job: Job) -> QueuedJob:
    """What the queue needs to know of a job."""
    return QueuedJob(
        job_id=job.id, user_id=job.user_id, created_at=job.created_at, priority=job.priority
    )
