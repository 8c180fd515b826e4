"""Short database sessions, one per operation: reading ones, and writing ones in one transaction."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session

from storage.connection import WRITES
from storage.errors import DatabaseUnavailable
from storage.faults import translated
from storage.group_commit import GroupCommit
from storage.writers import PostgresWriter, SqliteWriter

T = TypeVar("T")

# Reads at the same time in SQLite; the interpreter lets one of them do more than wait.
READERS = 2


class Sessions:
    """Opens sessions on one engine; storage's errors come out of them, never the driver's.

    Args:
        writer: For SQLite a synchronous engine on the same file; ``close`` disposes of it.
        reader: The same to read by, with room for ``READERS`` connections.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        lock_timeout_s: float,
        writer: Engine | None = None,
        reader: Engine | None = None,
    ) -> None:
        self._lock_timeout_s = lock_timeout_s
        # PostgreSQL shows each statement a state of its own, in a transaction as out of one. So
        # nothing is begun and ended around a read, which would be two more round trips.
        loose = engine.dialect.name == "postgresql"
        looking = engine.execution_options(isolation_level="AUTOCOMMIT") if loose else engine
        self._alone = looking
        self._readers = async_sessionmaker(looking, expire_on_commit=False)
        whole = engine.execution_options(isolation_level="REPEATABLE READ") if loose else engine
        self._snapshots = async_sessionmaker(whole, expire_on_commit=False)
        self._writers = async_sessionmaker(
            engine.execution_options(**{WRITES: True}), expire_on_commit=False
        )
        # SQLite has one writer at a time. Ours wait here in line, rather than in SQLite's own
        # busy loop, which sleeps and serves whoever happens to wake up.
        self._writing = asyncio.Lock() if engine.dialect.name == "sqlite" else None
        own = PostgresWriter(engine) if writer is None else SqliteWriter(writer)
        self._group = GroupCommit(own, self._turn)
        self._reader = reader
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")

    async def look(self, work: Callable[[Session], T]) -> T:
        """Do ``work``, which reads, as ``read`` does, and does nothing slow besides.

        The quick way to read: on SQLite all of ``work`` is one step of a thread, where ``read``
        goes to a thread and back several times a statement.
        """
        with translated():
            if self._reader is not None:
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._threads, _look, self._reader, work)
            async with self._readers() as session:
                return await session.run_sync(work)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """A session that changes nothing and sees one state of the database, whichever it is."""
        with translated():
            async with self._snapshots() as session:
                yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that changes nothing; on SQLite it sees one state of the database."""
        with translated():
            async with self._readers() as session:
                yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session whose one transaction is committed at the end, or undone by any error."""
        with translated():
            async with self._turn(), self._writers.begin() as session:
                yield session

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Do ``work``, which is statements and nothing slow, in one transaction.

        The quick way to write: works that wait at the same time are committed together. It may run
        after its caller was cancelled, and twice, where the first time is undone.
        """
        with translated():
            return await self._group.run(work)

    async def state(self, work: Callable[[Connection], T]) -> T:
        """Do ``work``, one statement that changes something, which PostgreSQL commits by itself.

        One round trip where a transaction is four. It takes no lock that keeps works of many
        transactions apart, so it may wait for no row while it holds another. PostgreSQL only.
        """
        with translated():
            async with self._alone.connect() as connection:
                return await connection.run_sync(work)

    async def close(self) -> None:
        """Let what waits to be written be written, and what reads come to its end."""
        await self._group.close()
        await asyncio.to_thread(self._threads.shutdown)
        if self._reader is not None:
            self._reader.dispose()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._writing is None:
            yield
            return
        try:
            async with asyncio.timeout(self._lock_timeout_s):
                await self._writing.acquire()
        except TimeoutError as error:
            raise DatabaseUnavailable("The database is busy with other writes.") from error
        try:
            yield
        finally:
            self._writing.release()


def _look(engine: Engine, work: Callable[[Session], T]) -> T:
    with Session(engine, expire_on_commit=False) as session:
        return work(session)
