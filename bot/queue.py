"""The job queue: whoever was served longest ago comes next, whatever the others piled up.

Pure Python over small records. The truth is in the database; this is rebuilt from it at each start.
"""

import asyncio
import bisect
import heapq
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.jobs.estimate import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedJob:
    """What the queue needs to know about a job.

    Attributes:
        priority: Higher goes first, whoever was served when; 0 for ordinary members.
        retried: It had its turn already and lost it through no fault of its own.
        work: What it will be for the engine, where that is known.
    """

    job_id: str
    user_id: int
    created_at: datetime
    priority: int = 0
    retried: bool = False
    work: Work | None = None

    @property
    def age_order(self) -> tuple[int, datetime, str]:
        """Sorts the jobs of one member."""
        return -self.priority, self.created_at, self.job_id


class FairQueue:
    """Retried jobs first, then by priority, then the member served longest ago, then by age.

    A1 A2 B1 C1 C2 A3 come out as A1 B1 C1 A2 C2 A3.
    """

    def __init__(self) -> None:
        self._head: deque[QueuedJob] = deque()
        self._waiting: dict[int, list[QueuedJob]] = {}
        # Turn of each member's latest service; who is missing was never served.
        self._served: dict[int, int] = {}
        self._turn = 0

    def __len__(self) -> int:
        return len(self._head) + sum(map(len, self._waiting.values()))

    def seed_served(self, served_at: Mapping[int, datetime]) -> None:
        """Take over from an earlier process when each member was served last."""
        for user_id in sorted(served_at, key=lambda user_id: served_at[user_id]):
            self._serve(user_id)

    def put(self, job: QueuedJob) -> None:
        """Let a job wait."""
        if job.retried:
            self._head.append(job)
        else:
            bisect.insort(
                self._waiting.setdefault(job.user_id, []), job, key=lambda other: other.age_order
            )

    def pop(self) -> QueuedJob:
        """Take the next job off; raises ``IndexError`` when none waits."""
        if self._head:
            job = self._head.popleft()
        elif self._waiting:
            job = min((jobs[0] for jobs in self._waiting.values()), key=self._rank)
            self._drop(job)
        else:
            raise IndexError("the job queue is empty")
        self._serve(job.user_id)
        return job

    def remove(self, job_id: str) -> bool:
        """Take a job off wherever it waits; whether it did."""
        for job in [*self._head, *(job for jobs in self._waiting.values() for job in jobs)]:
            if job.job_id == job_id:
                if job.retried:
                    self._head.remove(job)
                else:
                    self._drop(job)
                return True
        return False

    def order(self) -> Iterator[QueuedJob]:
        """The jobs in the order in which they would come out if nothing else came in."""
        served, turn = dict(self._served), self._turn
        for job in self._head:
            turn += 1
            served[job.user_id] = turn
            yield job
        heap = [(self._rank(jobs[0], served), user, 0) for user, jobs in self._waiting.items()]
        heapq.heapify(heap)
        while heap:
            _, user, at = heapq.heappop(heap)
            yield self._waiting[user][at]
            turn += 1
            served[user] = turn
            if at + 1 < len(self._waiting[user]):
                rank = self._rank(self._waiting[user][at + 1], served)
                heapq.heappush(heap, (rank, user, at + 1))

    def _rank(
        self, job: QueuedJob, served: Mapping[int, int] | None = None
    ) -> tuple[int, int, datetime, str]:
        turns = self._served if served is None else served
        return -job.priority, turns.get(job.user_id, 0), job.created_at, job.job_id

    def _serve(self, user_id: int) -> None:
        self._turn += 1
        self._served[user_id] = self._turn

    def _drop(self, job: QueuedJob) -> None:
        jobs = self._waiting[job.user_id]
        jobs.remove(job)
        if not jobs:
            del self._waiting[job.user_id]


class JobQueue(asyncio.Queue[QueuedJob]):
    """The asyncio queue between bot and engine, in fair order."""

    _queue: FairQueue

    def put_head(self, job: QueuedJob) -> None:
        """Let a job that lost its turn wait before all others."""
        self.put_nowait(replace(job, retried=True))

    def remove(self, job_id: str) -> bool:
        """Take a job off wherever it waits; whether it did."""
        return self._queue.remove(job_id)

    def job_ids(self) -> list[str]:
        """The jobs that wait, in the order of their turns."""
        return [job.job_id for job in self.waiting()]

    def waiting(self) -> Iterator[QueuedJob]:
        """The jobs that wait, in the order of their turns, worked out as far as they are taken."""
        return self._queue.order()

    def position(self, job_id: str) -> int | None:
        """Place in the line, counted from 1; None for a job that does not wait."""
        for place, job in enumerate(self.waiting(), start=1):
            if job.job_id == job_id:
                return place
        return None

    def seed_served(self, served_at: Mapping[int, datetime]) -> None:
        """Take over from an earlier process when each member was served last."""
        self._queue.seed_served(served_at)

    # asyncio.Queue's documented way to another order, as PriorityQueue does it.

    def _init(self, maxsize: int) -> None:
        self._queue = FairQueue()

    def _put(self, item: QueuedJob) -> None:
        self._queue.put(item)

    def _get(self) -> QueuedJob:
        return self._queue.pop()
