"""Deletes messages of the bot's that must go, again and again until each is gone."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import discord
import structlog

from bot.delivery.faults import UNREACHED
from storage.database import Database
from storage.erasures import Erasure
from storage.errors import StorageError

log = structlog.get_logger(__name__)

BATCH = 10
IDLE_S = 30.0
RETRY_S = 1.0
LONGEST_PAUSE_S = 3600.0
# Who asked waits for so long at most; the rest goes on without them.
NOW_S = 20.0
MOST_NOW = 500
# Several bots on one database: while one deletes a message, the others leave it alone.
HOLD_S = 60.0
# A channel that the bot was shut out of for so long is not opened to it any more.
GIVE_UP = timedelta(days=30)


class Eraser:
    """Owns the loop that empties `Database.erasures`; it lives as long as the bot is logged in."""

    def __init__(self, client: discord.Client, database: Database) -> None:
        self._client = client
        self._database = database
        self._hold_s = HOLD_S if database.shared else 0.0
        # The loop and those who wait for theirs take turns, so that none tries what another tries.
        self._turn = asyncio.Lock()
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin with what an earlier process left."""
        self._woken.set()
        self._task = asyncio.create_task(self._run(), name="eraser")

    def wake(self) -> None:
        """There is something new to delete."""
        self._woken.set()

    async def close(self) -> None:
        """Stop; what is left is deleted after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def erase(self, message_ids: Collection[int]) -> int:
        """Try these at once, for ``NOW_S`` seconds at most; how many are still to be deleted.

        Raises:
            StorageError: The database is out of reach; the loop goes on with them later.
        """
        if not message_ids:
            self.wake()
            return 0
        now_tried = list(message_ids)[:MOST_NOW]
        ends_at = datetime.now(UTC) + timedelta(seconds=NOW_S)
        async with self._turn:
            await self._drain(only=now_tried, ends_at=ends_at)
        self.wake()
        later = len(message_ids) - len(now_tried)
        return later + await self._database.erasures.left(now_tried)

    async def _run(self) -> None:
        pause_s = 0.0
        while True:
            try:
                async with asyncio.timeout(pause_s):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()
            pause_s = await self._look()

    async def _look(self) -> float:
        """Delete all that is due; the seconds until the next look."""
        try:
            async with self._turn:
                await self._drain()
            next_at = await self._database.erasures.next_due_at()
        except StorageError as error:
            log.error("messages to delete are out of reach", error=str(error))
            return RETRY_S
        wait_s = IDLE_S if next_at is None else (next_at - datetime.now(UTC)).total_seconds()
        return min(max(wait_s, RETRY_S), IDLE_S)

    async def _drain(self, only: Collection[int] = (), ends_at: datetime | None = None) -> None:
        while ends_at is None or datetime.now(UTC) < ends_at:
            now = datetime.now(UTC)
            due = await self._database.erasures.take(now, BATCH, hold_s=self._hold_s, only=only)
            if not due:
                return
            # All are awaited to their ends: one that breaks must not leave another half done.
            outcomes = await asyncio.gather(*map(self._delete, due), return_exceptions=True)
            for erasure, outcome in zip(due, outcomes, strict=True):
                await self._note(erasure, outcome)

    async def _note(self, erasure: Erasure, outcome: BaseException | None) -> None:
        """Have what nobody foresaw tried again later; the rest was noted on its way."""
        if outcome is None:
            return
        if isinstance(outcome, StorageError) or not isinstance(outcome, Exception):
            raise outcome
        log.error("a deletion broke", message=erasure.message_id, exc_info=outcome)
        await self._put_off(erasure, outcome)

    async def _delete(self, erasure: Erasure) -> None:
        """Try once, and note what came of it."""
        erasures, message_id = self._database.erasures, erasure.message_id
        channel = self._client.get_partial_messageable(erasure.channel_id)
        try:
            await channel.get_partial_message(message_id).delete()
        except discord.NotFound:
            # Somebody was quicker, or the channel is gone with all that was in it.
            pass
        except UNREACHED as error:
            await self._put_off(erasure, error)
            return
        await erasures.done(message_id)

    async def _put_off(self, erasure: Erasure, error: Exception) -> None:
        """Try again later and later, or give up after very long."""
        erasures, message_id, now = self._database.erasures, erasure.message_id, datetime.now(UTC)
        if now - erasure.created_at >= GIVE_UP:
            log.warning("message given up", message=message_id, error=str(error))
            await erasures.done(message_id)
            return
        pause_s = min(2.0**erasure.attempts, LONGEST_PAUSE_S)
        await erasures.postpone(message_id, now + timedelta(seconds=pause_s), str(error))
        log.info("message not deleted yet", message=message_id, error=str(error))
