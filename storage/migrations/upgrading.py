"""Brings a database to the newest revision without holding up the event loop."""

import asyncio
import threading
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, func, select

from storage.connection import WRITES, make_engine, make_parent_folder
from storage.errors import DatabaseRefused, DatabaseUnavailable
from storage.faults import translated

# Key of the PostgreSQL advisory lock under which one process at a time upgrades.
UPGRADE_LOCK = 0x7265_7374
# Revisions find their connection through a global of Alembic's, so one thread upgrades at a time.
ALEMBIC = threading.Lock()


async def upgrade(url: URL, *, lock_timeout_s: float) -> None:
    """Upgrade the database of a URL from ``connection.parse_url``, all or nothing.

    Raises:
        DatabaseUnavailable: The database is locked, full or out of reach.
        DatabaseRefused: Its schema is one that this version does not know.
    """
    # Alembic reads files and imports modules, so it gets a thread, with an event loop of its own
    # for the drivers.
    await asyncio.to_thread(_upgrade_in_thread, url, lock_timeout_s)


@dataclass(frozen=True, slots=True)
class Revision:
    """Which tables a database has, and which this version of Restyle wants.

    Attributes:
        current: None for a database without tables.
    """

    current: str | None
    newest: str

    @property
    def is_current(self) -> bool:
        """Whether there is nothing to upgrade."""
        return self.current == self.newest


async def revision(url: URL, *, lock_timeout_s: float) -> Revision:
    """Look at the database of a URL without changing it; a SQLite file is not made.

    Raises:
        DatabaseUnavailable: The database is locked or out of reach.
    """
    return await asyncio.to_thread(_revision_in_thread, url, lock_timeout_s)


def _revision_in_thread(url: URL, lock_timeout_s: float) -> Revision:
    newest = ScriptDirectory.from_config(alembic_config(None)).get_current_head()
    assert newest is not None, "there is always a first revision"
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return Revision(None, newest)
    return Revision(asyncio.run(_current(url, lock_timeout_s)), newest)


async def _current(url: URL, lock_timeout_s: float) -> str | None:
    engine = make_engine(url, lock_timeout_s=lock_timeout_s, pooled=False)
    try:
        with translated():
            async with engine.connect() as connection:
                return await connection.run_sync(
                    lambda sync: MigrationContext.configure(sync).get_current_revision()
                )
    finally:
        await engine.dispose()


def alembic_config(connection: Connection | None) -> Config:
    """A configuration that needs no file and works on ``connection``, or only reads revisions."""
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _upgrade_in_thread(url: URL, lock_timeout_s: float) -> None:
    with ALEMBIC:
        asyncio.run(_upgrade(url, lock_timeout_s))


async def _upgrade(url: URL, lock_timeout_s: float) -> None:
    try:
        make_parent_folder(url)
    except OSError as error:
        raise DatabaseUnavailable(f"The database's folder cannot be made: {error}.") from error
    engine = make_engine(url, lock_timeout_s=lock_timeout_s, pooled=False)
    try:
        with translated():
            async with engine.execution_options(**{WRITES: True}).begin() as connection:
                await connection.run_sync(_upgrade_on)
    finally:
        await engine.dispose()


def _upgrade_on(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(UPGRADE_LOCK)))
    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        raise DatabaseRefused(
            "The database has a schema that this version of Restyle does not know; "
            "it was probably written by a newer one."
        ) from error
