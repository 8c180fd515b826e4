"""Group commit: works that wait at the same time share one transaction and one fsync."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from storage.errors import DatabaseUnavailable

T = TypeVar("T")
Work = Callable[[Connection], Any]

# A transaction keeps other processes waiting and readers' snapshots old, so it has an end.
MAX_WORKS = 64


class Kept:
    """Keeps what was returned or raised inside of it, for whoever waits for it.

    Nothing is handled here: the error is raised again where the work was asked for.
    """

    def __init__(self, value: Any = None) -> None:
        self.value = value
        self.error: Exception | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, Exception):
            self.error = error
            return True
        return False


class Writer(Protocol):
    """Runs works and commits them, together or each by itself."""

    async def write(self, works: list[Work]) -> list[Kept]:
        """What became of each, once it is durable or undone; raises where that is one for all."""

    async def close(self) -> None:
        """Close what is open."""


class GroupCommit:
    """Hands works to the writer, as many together as wait.

    Nobody learns how a work ended before the transaction is committed.

    Args:
        turn: The line in which all writers of this process wait.
    """

    def __init__(
        self, writer: Writer, turn: Callable[[], AbstractAsyncContextManager[None]]
    ) -> None:
        self._writer = writer
        self._turn = turn
        self._waiting: list[tuple[Work, asyncio.Future[Any]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._closed = False

    async def run(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` returned or raised, once it is durable or undone."""
        if self._closed:
            raise DatabaseUnavailable("The database was closed.")
        ended: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, ended))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all(), name="group commit")
        return await ended

    async def close(self) -> None:
        """Let what waits be written, then close the connection."""
        self._closed = True
        if self._writing is not None:
            await self._writing
        await self._writer.close()

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                await self._write_some()
        finally:
            self._writing = None

    async def _write_some(self) -> None:
        taken: list[tuple[Work, asyncio.Future[Any]]] = []
        together = Kept()
        with together:
            async with self._turn():
                taken, self._waiting = self._waiting[:MAX_WORKS], self._waiting[MAX_WORKS:]
                together.value = await self._writer.write([work for work, _ in taken])
        if not taken:
            # The turn never came for all that waited for it.
            taken, self._waiting = self._waiting, []
        outcomes: list[Kept] = together.value or [together] * len(taken)
        for (_, ended), outcome in zip(taken, outcomes, strict=True):
            # One whose caller was cancelled is done already.
            if ended.done():
                continue
            if outcome.error is not None:
                ended.set_exception(outcome.error)
            else:
                ended.set_result(outcome.value)
