"""The loop that brings outcomes from the outbox to Discord, again and again until one way works."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import discord
import structlog
from structlog.contextvars import bind_contextvars

from bot.delivery.courier import Courier, PostUnknown, check_post
from bot.delivery.faults import APOLOGY_REFUSED, UNREACHED, Fault, fault_of
from bot.delivery.letters import LetterWriter, apology_letter
from bot.intake import CannotShrink, IntakeError
from bot.jobs.announcements import Announcements
from bot.jobs.lease import Lease
from bot.jobs.watch import MessageWatch
from bot.monitoring.metrics import Metrics
from bot.monitoring.tracing import JobTraces
from storage.database import Database
from storage.errors import ImageMissing, StorageError
from storage.outbox import Delivery
from storage.records import Job, JobStatus

log = structlog.get_logger(__name__)

BATCH = 20
AT_ONCE = 4
# Each refusal for size halves what is tried next.
SIZES_TRIED = 5
IDLE_S = 30.0
# The jobs that this bot took in are made by others too, who cannot wake it.
SHARED_IDLE_S = 0.5
RETRY_S = 1.0
LONGEST_PAUSE_S = 300.0


class NotOurs(Exception):
    """Another bot makes this delivery now: it has taken this one for dead."""


class Deliverer:
    """Owns the delivery loop; ``wake`` tells it that the outbox has something new.

    Args:
        lease: This bot's, where others share the outbox; it then delivers what is its own only.
    """

    def __init__(
        self,
        *,
        database: Database,
        courier: Courier,
        writer: LetterWriter,
        announcements: Announcements,
        watch: MessageWatch,
        max_attempts: int,
        metrics: Metrics,
        traces: JobTraces,
        lease: Lease | None = None,
    ) -> None:
        self._database = database
        self._lease = lease
        self._idle_s = IDLE_S if lease is None else SHARED_IDLE_S
        self._courier = courier
        self._writer = writer
        self._announcements = announcements
        self._watch = watch
        self._max_attempts = max_attempts
        self._metrics = metrics
        self._traces = traces
        self._woken = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Whether the loop runs."""
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Begin with whatever an earlier process left undelivered."""
        self._woken.set()
        self._task = asyncio.create_task(self._run(), name="deliverer")

    def wake(self) -> None:
        """There is something new in the outbox."""
        self._woken.set()

    async def close(self, grace_s: float) -> None:
        """Deliver what is due, for ``grace_s`` seconds at most, then stop.

        A delivery cut short stays in the outbox and is made after the next start.
        """
        if self._task is None:
            return
        self._closing = True
        self.wake()
        await asyncio.wait((self._task,), timeout=grace_s)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        pause_s = self._idle_s
        while True:
            try:
                async with asyncio.timeout(pause_s):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()
            try:
                pause_s = await self._drain()
            except StorageError as error:
                log.error("outbox out of reach", error=str(error))
                pause_s = RETRY_S
            if self._closing:
                return

    async def _drain(self) -> float:
        """Deliver all that is due; return the seconds until the next look."""
        while due := await self._due():
            at_once = asyncio.Semaphore(AT_ONCE)
            # All are awaited to their ends: one that breaks must not leave another half made.
            outcomes = await asyncio.gather(
                *(self._deliver(item, at_once) for item in due), return_exceptions=True
            )
            for item, outcome in zip(due, outcomes, strict=True):
                await self._note(item, outcome)
        # What is postponed wakes nobody when its time has come.
        waits = await self._database.outbox.pending()
        return min(RETRY_S, self._idle_s) if waits else self._idle_s

    async def _due(self) -> list[Delivery]:
        if self._lease is None:
            return await self._database.outbox.due(datetime.now(UTC), BATCH)
        if not self._lease.valid:
            return []
        return await self._database.outbox.due(datetime.now(UTC), BATCH, holder=self._lease.id)

    async def _note(self, item: Delivery, outcome: bool | BaseException) -> None:
        """Have what nobody foresaw tried again like a fault; the rest was noted on its way."""
        if isinstance(outcome, bool):
            return
        if isinstance(outcome, StorageError) or not isinstance(outcome, Exception):
            raise outcome
        log.error("delivery broke", job=item.job_id, exc_info=outcome)
        await self._failed(item, None, Fault.TRY_LATER, outcome)

    async def _deliver(self, item: Delivery, at_once: asyncio.Semaphore) -> bool:
        """Try once; whether this delivery is off the list, made or given up."""
        async with at_once:
            job = await self._database.jobs.get(item.job_id)
            # A task of its own, so this is said of its lines only.
            bind_contextvars(job=job.id, guild=job.guild_id, attempt=job.attempt)
            jobs = await self._database.jobs.group(job)
            await self._announcements.settled(job.id)
            if not self._ours(item):
                log.warning("left to another bot")
                return True
            if item.kind is JobStatus.CANCELLED and any(j.status is JobStatus.DONE for j in jobs):
                over = await self._apologise(item, job)
            else:
                over = await self._show(item, jobs)
            if over:
                for one in jobs:
                    self._traces.over(one)
            return over

    async def _show(self, item: Delivery, jobs: list[Job]) -> bool:
        """Try once to show an outcome; whether this delivery is off the list."""
        message_id = jobs[0].message_id
        try:
            with self._traces.delivery(jobs[0]):
                shown_in = await self._bring(jobs, partial(self._begin_post, item))
        except NotOurs:
            log.warning("left to another bot")
            return True
        except PostUnknown as error:
            return await self._failed(item, None, Fault.POST_UNKNOWN, error)
        except (CannotShrink, ImageMissing) as error:
            return await self._failed(item, message_id, Fault.HOPELESS, error)
        except (IntakeError, StorageError) as error:
            return await self._failed(item, message_id, Fault.TRY_LATER, error)
        except UNREACHED as error:
            return await self._failed(item, message_id, fault_of(error), error)
        await self._database.outbox.delivered(item.id, jobs[0].channel_id, shown_in)
        self._metrics.delivery("delivered")
        self._watch.settled(message_id)
        return True

    async def _apologise(self, item: Delivery, job: Job) -> bool:
        """Say once that a result is given back; whether that is off the list, said or not."""
        try:
            await self._courier.edit(job, apology_letter(job))
        except UNREACHED as error:
            return await self._failed(item, job.message_id, fault_of(error), error)
        await self._database.outbox.apologised(item.id)
        self._watch.settled(job.message_id)
        return True

    async def _begin_post(self, item: Delivery) -> None:
        now = datetime.now(UTC)
        check_post(item.post_begun_at, now)
        begun = await self._database.outbox.begin_post(item.id, now, holder=item.holder)
        if not begun and item.holder is not None:
            raise NotOurs

    def _ours(self, item: Delivery) -> bool:
        """Whether no other bot can have taken this delivery over since."""
        lease = self._lease
        return lease is None or (lease.valid and lease.id == item.holder)

    async def _bring(self, jobs: list[Job], begin_post: Callable[[], Awaitable[None]]) -> int:
        """Write the letter and bring it, smaller after each refusal for its size.

        Returns:
            The id of the message that shows it.
        """
        job = jobs[0]
        limit = job.attachment_size_limit
        for _ in range(SIZES_TRIED):
            try:
                letter = await self._writer.write(jobs, limit)
                return await self._courier.deliver(job, letter, begin_post)
            except discord.HTTPException as error:
                if fault_of(error) is not Fault.TOO_LARGE:
                    raise
                limit //= 2
        letter = await self._writer.write(jobs, limit)
        return await self._courier.deliver(job, letter, begin_post)

    async def _failed(
        self, item: Delivery, message_id: int | None, fault: Fault, error: Exception
    ) -> bool:
        bound = log.bind(job=item.job_id, delivery=item.id, fault=fault.name, error=str(error))
        if fault is Fault.TRY_LATER and item.attempts + 1 < self._max_attempts:
            pause_s = min(2.0**item.attempts, LONGEST_PAUSE_S)
            until = datetime.now(UTC) + timedelta(seconds=pause_s)
            await self._database.outbox.postpone(item.id, until, str(error), holder=item.holder)
            self._metrics.delivery("postponed")
            bound.info("delivery postponed", pause_s=pause_s)
            return False
        reason = f"{fault.name.lower()}: {error}"
        if item.kind is JobStatus.DONE and fault not in APOLOGY_REFUSED:
            # Refunded first; the sentence is the next delivery, so it outlives this process.
            await self._database.outbox.give_back(item.id, reason, holder=item.holder)
            self._metrics.delivery("abandoned")
            bound.warning("delivery given up, its sentence is next")
            return False
        await self._database.outbox.abandoned(item.id, reason, holder=item.holder)
        self._metrics.delivery("abandoned")
        bound.warning("delivery given up")
        self._watch.settled(message_id)
        return True
