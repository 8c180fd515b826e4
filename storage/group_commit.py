"""Group commit for SQLite: works that wait at the same time share one transaction and one fsync."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from storage.errors import DatabaseUnavailable, StorageError

T = TypeVar("T")
Work = Callable[[Connection], Any]

# A transaction keeps other processes waiting and readers' snapshots old, so it has an end.
MAX_WORKS = 64


class GroupCommit:
    """Runs works, one after the other, on the one writing connection of this process.

    Nobody learns how a work ended before the transaction is committed. Each work has a savepoint:
    what one of them breaks is undone alone.

    Args:
        engine: A synchronous engine; it is used by one thread only.
        turn: The line in which all writers of this process wait.
    """

    def __init__(
        self, engine: Engine, turn: Callable[[], AbstractAsyncContextManager[None]]
    ) -> None:
        self._engine = engine
        self._turn = turn
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
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
        self._thread.shutdown()
        self._engine.dispose()

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                await self._write_some()
        finally:
            self._writing = None

    async def _write_some(self) -> None:
        taken: list[tuple[Work, asyncio.Future[Any]]] = []
        try:
            async with self._turn():
                taken, self._waiting = self._waiting[:MAX_WORKS], self._waiting[MAX_WORKS:]
                outcomes = await self._transaction([work for work, _ in taken])
        except (StorageError, SQLAlchemyError, sqlite3.Error) as error:
            if not taken:
                # The turn never came for all that waited for it.
                taken, self._waiting = self._waiting, []
            outcomes = [error] * len(taken)
        for (_, ended), outcome in zip(taken, outcomes, strict=True):
            # One whose caller was cancelled is done already.
            if not ended.done():
                if isinstance(outcome, BaseException):
                    ended.set_exception(outcome)
                else:
                    ended.set_result(outcome)

    async def _transaction(self, works: list[Work]) -> list[Any]:
        """The results or errors of works that were committed together."""
        # One step of the thread: to go there and back for each work takes longer than the work.
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._together, works)

    def _together(self, works: list[Work]) -> list[Any]:
        # Leaving it undoes what was not committed.
        with self._engine.connect() as connection:
            connection.begin()
            kept = [_Kept() for _ in works]
            for work, outcome in zip(works, kept, strict=True):
                with outcome:
                    outcome.value = _alone(connection, work)
            connection.commit()
        return [outcome.value for outcome in kept]


class _Kept:
    """Keeps what was returned or raised inside of it, for whoever waits in the event loop.

    Nothing is handled here: the error is raised again where the work was asked for.
    """

    value: Any = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if error is not None:
            self.value = error
        return isinstance(error, Exception)


def _alone(connection: Connection, work: Callable[[Connection], T]) -> T:
    # A full disk makes SQLite undo the whole transaction. A savepoint without one around it would
    # commit by itself, so no further work may run then.
    if not connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]  # sqlite3's own
        raise DatabaseUnavailable("The database undid the transaction that this was part of.")
    with connection.begin_nested():
        return work(connection)
