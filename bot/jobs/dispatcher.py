"""Hands queued jobs to the engine: as many as it has room for, and never the same one twice."""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars

from bot.jobs.follower import Follower
from bot.jobs.insistence import RETRY_S, insist
from bot.jobs.line import Line
from bot.jobs.status import Editor
from bot.language import N_
from engine.api import Engine
from storage.audit import Deed
from storage.database import Database
from storage.errors import StorageError
from storage.records import Job, JobStatus

log = structlog.get_logger(__name__)

# For telling the members of jobs that had to be let go.
LAST_WORDS_S = 2.0
# How often a full engine is asked whether it has got more slots.
LOOK_S = 0.5
BROKEN = N_("Something went wrong on my side. Nothing was charged; please try again.")


class Dispatcher:
    """Takes the fairest job off the queue whenever the engine has a free slot.

    Args:
        line: What feeds the queue.
        editor_for: Makes the editor of a job's progress message.
        finished: Called after a job has got its final state.
        paused: Tells the members of jobs, by their ids, that these wait until the bot is back.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        database: Database,
        line: Line,
        follower: Follower,
        editor_for: Callable[[Job], Editor],
        finished: Callable[[], None],
        paused: Callable[[Collection[str]], Coroutine[Any, Any, None]],
    ) -> None:
        self._engine = engine
        self._database = database
        self._line = line
        self._follower = follower
        self._editor_for = editor_for
        self._finished = finished
        self._paused = paused
        self._running: dict[str, asyncio.Task[None]] = {}
        self._attempts: dict[str, str] = {}
        self._unwanted: set[str] = set()
        self._slot_freed = asyncio.Event()
        self._loop_task: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Whether the loop runs."""
        return self._loop_task is not None and not self._loop_task.done()

    async def start(self) -> None:
        """Take over what waits in the database, then begin to hand over."""
        await self._line.begin()
        self._loop_task = asyncio.create_task(self._run(), name="dispatcher")

    async def close(self, grace_s: float) -> None:
        """Take no more jobs, let running ones finish for ``grace_s`` seconds, then let go.

        Members whose jobs wait for this bot are told so meanwhile. A job that is let go stays
        `running` in the database; the next start, or another bot, queues it again.
        """
        if self._loop_task is not None:
            self._loop_task.cancel()
            await asyncio.gather(self._loop_task, return_exceptions=True)
        told = set(await self._line.waiting()) if self._line.alone else set()
        telling = asyncio.create_task(self._paused(told))
        await asyncio.wait([*self._running.values(), telling], timeout=grace_s)
        let_go = list(self._running)
        if self._line.alone:
            # What was just being taken in as all this began has come since.
            let_go += [job for job in await self._line.waiting() if job not in told]
        following = self.let_go()
        telling.cancel()
        await asyncio.gather(*following, telling, return_exceptions=True)
        if let_go and grace_s > 0 and self._line.alone:
            last_words = asyncio.create_task(self._paused(let_go))
            await asyncio.wait((last_words,), timeout=LAST_WORDS_S)
            last_words.cancel()
            await asyncio.gather(last_words, return_exceptions=True)

    def let_go(self) -> list[asyncio.Task[None]]:
        """Follow none of the running jobs any more; what is to be awaited."""
        following = list(self._running.values())
        for task in following:
            task.cancel()
        return following

    async def cancel(self, job_id: str, deed: Deed | None = None) -> bool:
        """Cancel a job wherever it is; one that is over is left alone.

        Args:
            deed: A moderator's, to be written down.

        Returns:
            Whether it was not over.
        """
        self._line.leave(job_id)
        status = await self._database.jobs.cancel(job_id, deed)
        if status is JobStatus.RUNNING:
            if job_id not in self._running:
                await self._line.stop_elsewhere(job_id)
            await self._stop(job_id)
        self._finished()
        return status in (JobStatus.CANCELLED, JobStatus.RUNNING)

    async def stop(self, job_ids: Collection[str]) -> None:
        """Stop those jobs that run here; they were taken back elsewhere."""
        for job_id in job_ids:
            if job_id in self._running and job_id not in self._unwanted:
                await self._stop(job_id)

    async def _stop(self, job_id: str) -> None:
        # The engine may not have heard of it yet; its follower asks again at every event.
        self._unwanted.add(job_id)
        if key := self._attempts.get(job_id):
            await self._engine.cancel(key)

    async def _run(self) -> None:
        while True:
            await self._engine.wait_ready()
            while len(self._running) >= self._room:
                self._slot_freed.clear()
                # Or the engine has got more slots, of which it tells in its health only.
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._slot_freed.wait()
            queued = await self._line.next()
            if not self._engine.health().alive:
                # It died while nobody asked for anything: that must not cost this job an attempt.
                self._line.put_back(queued)
                continue
            # Shielded by nothing: a cancel between claim and task leaves a `running` row, which
            # the next start queues again.
            try:
                job = await self._line.claim(queued)
            except StorageError as error:
                log.error("job not claimed, next try soon", job=queued.job_id, error=str(error))
                self._line.put_back(queued)
                await asyncio.sleep(RETRY_S)
                continue
            if job is None:
                continue
            task = asyncio.create_task(self._follow(job), name=f"follow {job.id}")
            self._running[job.id] = task
            self._attempts[job.id] = f"{job.id}.{job.attempt}"
            task.add_done_callback(partial(self._free, job.id))

    @property
    def _room(self) -> int:
        """How many jobs may be in the engine at once; of a cluster's slots, others may have all."""
        health = self._engine.health()
        return health.slots if health.workers else max(1, health.slots)

    def _free(self, job_id: str, _task: asyncio.Task[None]) -> None:
        self._running.pop(job_id, None)
        self._attempts.pop(job_id, None)
        self._unwanted.discard(job_id)
        self._slot_freed.set()

    async def _follow(self, job: Job) -> None:
        # Every line that is logged on behalf of this task, ours or a library's, tells the job.
        bind_contextvars(job=job.id, guild=job.guild_id, attempt=job.attempt)
        jobs = self._database.jobs
        try:
            editor = self._editor_for(job)
            try:
                over = await self._follower.follow(job, editor, self._unwanted)
            finally:
                await editor.close()
        except Exception:  # boundary: one job's trouble stays its own
            log.exception("job broke its follower", job=job.id, attempt=job.attempt)
            over = True
            await insist(partial(jobs.fail, job.id, job.attempt, "internal", BROKEN))
        if not over and job.id in self._unwanted:
            # The engine died before it could obey; now the job waits, so it can be taken back.
            await insist(partial(jobs.cancel, job.id))
            over = True
        if over:
            self._finished()
        else:
            self._line.again(job)
