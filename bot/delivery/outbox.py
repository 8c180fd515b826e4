"""The loop that brings outcomes from the outbox to Discord, again and again until one way works."""

import asyncio
from datetime import UTC, datetime, timedelta

import aiohttp
import discord
import structlog

from bot.delivery.courier import Courier
from bot.delivery.faults import Fault, fault_of
from bot.delivery.letters import LetterWriter
from bot.jobs.watch import JobWatch
from storage.database import Database
from storage.outbox import Delivery

log = structlog.get_logger(__name__)

BATCH = 20
AT_ONCE = 4
IDLE_S = 30.0
LONGEST_PAUSE_S = 300.0


class Deliverer:
    """Owns the delivery loop; ``wake`` tells it that the outbox has something new."""

    def __init__(
        self,
        *,
        database: Database,
        courier: Courier,
        writer: LetterWriter,
        watch: JobWatch,
        max_attempts: int,
    ) -> None:
        self._database = database
        self._courier = courier
        self._writer = writer
        self._watch = watch
        self._max_attempts = max_attempts
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin with whatever an earlier process left undelivered."""
        self._woken.set()
        self._task = asyncio.create_task(self._run(), name="deliverer")

    def wake(self) -> None:
        """There is something new in the outbox."""
        self._woken.set()

    async def close(self) -> None:
        """Stop; a delivery cut short stays in the outbox and is made after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        pause_s = IDLE_S
        while True:
            try:
                async with asyncio.timeout(pause_s):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()
            pause_s = await self._drain()

    async def _drain(self) -> float:
        """Deliver all that is due; return the seconds until the next look."""
        postponed = False
        while due := await self._database.outbox.due(datetime.now(UTC), BATCH):
            at_once = asyncio.Semaphore(AT_ONCE)
            results = await asyncio.gather(*(self._deliver(item, at_once) for item in due))
            postponed = postponed or not all(results)
        return 1.0 if postponed else IDLE_S

    async def _deliver(self, item: Delivery, at_once: asyncio.Semaphore) -> bool:
        async with at_once:
            job = await self._database.jobs.get(item.job_id)
            limit = job.attachment_size_limit
            # Each refusal for size halves what is tried next.
            for _ in range(6):
                try:
                    letter = await self._writer.write(job, limit)
                    await self._courier.deliver(job, letter)
                except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
                    fault = fault_of(error)
                    if fault is Fault.TOO_LARGE:
                        limit //= 2
                        continue
                    return await self._failed(item, fault, error)
                else:
                    await self._database.outbox.delivered(item.id)
                    self._watch.delivered(job.id)
                    return True
            return await self._give_up(item, "too large even when made small")

    async def _failed(self, item: Delivery, fault: Fault, error: BaseException) -> bool:
        bound = log.bind(job=item.job_id, delivery=item.id, fault=fault.name, error=str(error))
        if fault is Fault.TRY_LATER and item.attempts + 1 < self._max_attempts:
            pause_s = min(2.0**item.attempts, LONGEST_PAUSE_S)
            until = datetime.now(UTC) + timedelta(seconds=pause_s)
            await self._database.outbox.postpone(item.id, until, str(error))
            bound.info("delivery postponed", pause_s=pause_s)
            return False
        bound.warning("delivery given up")
        return await self._give_up(item, f"{fault.name.lower()}: {error}")

    async def _give_up(self, item: Delivery, reason: str) -> bool:
        await self._database.outbox.abandoned(item.id, reason)
        self._watch.delivered(item.job_id)
        return True
