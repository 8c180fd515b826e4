"""From a database URL to an async engine that is set up for durability."""

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool
from sqlalchemy.util import await_only

from storage.errors import InvalidDatabaseUrl

WRITES = "storage_writes"
# A connection that was used within this time is taken to be there still.
IDLE_S = 1.0

# cache_size: half a MiB a connection in place of two; the system keeps the file's pages anyway.
# recursive_triggers: without it, INSERT OR REPLACE would slip past the ledger's triggers.
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",
    "PRAGMA cache_size = -512",
)


def parse_url(text: str) -> URL:
    """The SQLAlchemy URL, with the async driver filled in.

    Args:
        text: ``sqlite:///relative``, ``sqlite:////absolute`` or ``postgresql://…``. PostgreSQL's
            own ``sslmode`` is understood.

    Raises:
        InvalidDatabaseUrl: It is something else, or an SQLite database without a file.
    """
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise InvalidDatabaseUrl(
            "The database URL cannot be read; sqlite:///restyle.db would be one."
        ) from error
    backend = url.get_backend_name()
    if backend == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise InvalidDatabaseUrl("An SQLite database needs a file, as in sqlite:///restyle.db.")
        return url.set(drivername="sqlite+aiosqlite")
    if backend in ("postgresql", "postgres"):
        query: dict[str, Any] = dict(url.query)
        if "sslmode" in query:
            query["ssl"] = query.pop("sslmode")
        return url.set(drivername="postgresql+asyncpg", query=query)
    raise InvalidDatabaseUrl(f"{backend} is not supported; use sqlite or postgresql.")


def make_engine(url: URL, *, lock_timeout_s: float, pooled: bool = True) -> AsyncEngine:
    """An engine for a URL from ``parse_url``.

    Args:
        lock_timeout_s: How long a statement may wait for somebody else's lock.
        pooled: Keep connections; False closes each at once, for a short-lived engine.

    Raises:
        InvalidDatabaseUrl: The driver for it is not installed.
    """
    # Parameters hold prompts and interaction tokens, which belong in no traceback.
    options: dict[str, Any] = {"hide_parameters": True}
    if not pooled:
        options["poolclass"] = NullPool
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(url, connect_args={"timeout": lock_timeout_s}, **options)
        event.listen(engine.sync_engine, "do_connect", _try_sqlite)
        event.listen(engine.sync_engine, "connect", _set_up_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    lock_timeout_ms = str(max(1, round(lock_timeout_s * 1000)))
    if pooled:
        options["pool_timeout"] = lock_timeout_s
    try:
        engine = create_async_engine(
            url, connect_args={"server_settings": {"lock_timeout": lock_timeout_ms}}, **options
        )
    except ModuleNotFoundError as error:
        raise InvalidDatabaseUrl(
            "PostgreSQL needs its driver: install the extra `postgres`."
        ) from error
    if pooled:
        _ping_after_idling(engine.sync_engine)
    return engine


def make_sqlite_writer(url: URL, *, lock_timeout_s: float) -> Engine:
    """A synchronous engine for one thread that writes to an SQLite URL from ``parse_url``."""
    return _make_sqlite(url, lock_timeout_s, threads=1, options={WRITES: True})


def make_sqlite_reader(url: URL, *, lock_timeout_s: float, threads: int) -> Engine:
    """A synchronous engine for ``threads`` that read from an SQLite URL from ``parse_url``."""
    return _make_sqlite(url, lock_timeout_s, threads, options={})


def _make_sqlite(url: URL, lock_timeout_s: float, threads: int, options: dict[str, Any]) -> Engine:
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        connect_args={"timeout": lock_timeout_s},
        hide_parameters=True,
        pool_size=threads,
        max_overflow=0,
        execution_options=options,
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def make_parent_folder(url: URL) -> None:
    """Make the folder of an SQLite file; nothing to do for PostgreSQL."""
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def _ping_after_idling(engine: Engine) -> None:
    """Before a connection that nobody used for a while is used, see whether it is still there.

    SQLAlchemy's own ``pool_pre_ping`` asks each time, which is a round trip for every transaction.
    """

    def used(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["used"] = time.monotonic()

    def ping(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        # A new connection was never used, and is there.
        if time.monotonic() - record.info.get("used", time.monotonic()) < IDLE_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            # The pool then makes a new one.
            raise DisconnectionError from error

    event.listen(engine, "checkin", used)
    event.listen(engine, "checkout", ping)


def _try_sqlite(
    _dialect: object, _record: object, args: list[Any], options: dict[str, Any]
) -> None:
    # aiosqlite does not wait for the thread of a connection that could not be opened; the thread
    # would then report to an event loop that may be closed. So such a file is found out first.
    def open_once() -> None:
        sqlite3.connect(args[0], uri=bool(options.get("uri"))).close()

    await_only(asyncio.to_thread(open_once))


def _set_up_sqlite(dbapi_connection: Any, _record: object) -> None:
    try:
        # None: Python's sqlite3 begins nothing by itself; `_begin_sqlite` does.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(pragma)
        cursor.close()
    except BaseException:
        # The pool does not know the connection yet, so nobody else would close it.
        dbapi_connection.close()
        raise


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and then asks for the write lock can be refused at once,
    # whatever the timeout. So those that will write ask for it at the beginning.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
