"""How works that wait together share one transaction: on SQLite, and on PostgreSQL."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.errors import DatabaseUnavailable
from storage.group_commit import Kept, Work
from storage.locks import MANY_WORKS, ONE_WORK


class SqliteWriter:
    """One connection on a thread of its own. Each work has a savepoint.

    What one of them breaks is undone alone.

    Args:
        engine: A synchronous engine; it is used by that thread only.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")

    async def write(self, works: list[Work]) -> list[Kept]:
        """See ``group_commit.Writer``."""
        # One step of the thread: to go there and back for each work takes longer than the work.
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._write, works)

    def _write(self, works: list[Work]) -> list[Kept]:
        # Leaving it undoes what was not committed.
        with self._engine.connect() as connection:
            connection.begin()
            outcomes = [Kept() for _ in works]
            for work, outcome in zip(works, outcomes, strict=True):
                with outcome:
                    outcome.value = _in_savepoint(connection, work)
            # What came before the one that broke it is undone as well, and must not be called done.
            _require_transaction(connection)
            connection.commit()
        return outcomes

    async def close(self) -> None:
        """End the thread and close the connection."""
        self._thread.shutdown()
        self._engine.dispose()


class PostgresWriter:
    """One transaction for all; where one of the works breaks it, each is done by itself.

    A savepoint for each would be two more round trips, and refusals are the exception.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def write(self, works: list[Work]) -> list[Kept]:
        """See ``group_commit.Writer``."""
        if len(works) > 1:
            async with self._engine.connect() as connection:
                transaction, tried = await connection.begin(), Kept()
                with tried:
                    await connection.execute(MANY_WORKS)
                    tried.value = await connection.run_sync(_one_after_the_other, works)
                if tried.error is None:
                    # If this fails nobody knows whether it was done, so nothing is done again.
                    await transaction.commit()
                    return [Kept(value) for value in tried.value]
        outcomes = [Kept() for _ in works]
        pairs = zip(works, outcomes, strict=True)
        await asyncio.gather(*(self._by_itself(work, outcome) for work, outcome in pairs))
        return outcomes

    async def _by_itself(self, work: Work, outcome: Kept) -> None:
        with outcome:
            async with self._engine.begin() as connection:
                await connection.execute(ONE_WORK)
                outcome.value = await connection.run_sync(work)

    async def close(self) -> None:
        """Nothing is kept open between transactions."""


def _one_after_the_other(connection: Connection, works: list[Work]) -> list[Any]:
    return [work(connection) for work in works]


def _in_savepoint(connection: Connection, work: Work) -> Any:
    # A savepoint without a transaction around it would commit by itself.
    _require_transaction(connection)
    with connection.begin_nested():
        return work(connection)


def _require_transaction(connection: Connection) -> None:
    # A full disk makes SQLite undo the whole transaction.
    if not connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]  # sqlite3's own
        raise DatabaseUnavailable("The database undid the transaction that this was part of.")
