"""Brings a database to the newest revision without holding up the event loop.

Alembic is imported only where there is something to upgrade: it takes 10 MiB that a bot would keep.
"""

import asyncio
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, column, func, inspect, select, table

from storage.connection import WRITES, make_engine, make_parent_folder
from storage.errors import DatabaseRefused, DatabaseUnavailable
from storage.faults import translated
from storage.migrations.safety import UNKNOWN, keep_copy, pending, require_safe

if TYPE_CHECKING:
    from alembic.config import Config

VERSIONS = Path(__file__).parent / "versions"
# The table in which Alembic notes the revision.
NOTED = table("alembic_version", column("version_num"))
# Key of the PostgreSQL advisory lock under which one process at a time upgrades.
UPGRADE_LOCK = 0x7265_7374
# Revisions find their connection through a global of Alembic's, so one thread upgrades at a time.
ALEMBIC = threading.Lock()


async def upgrade(url: URL, *, lock_timeout_s: float, asked: bool = False) -> Path | None:
    """Upgrade the database of a URL from ``connection.parse_url``, all or nothing.

    An SQLite database that has tables already is copied first; the copy, or None.

    Args:
        asked: Whether somebody wants this upgrade, whatever it says of itself; see ``safety``.

    Raises:
        DatabaseUnavailable: The database is locked, full or out of reach, or cannot be copied.
        DatabaseRefused: Its schema is one that this version does not know, or the upgrade is one
            that an operator has to ask for.
    """
    # Alembic reads files and imports modules, so it gets a thread, with an event loop of its own
    # for the drivers.
    return await asyncio.to_thread(_upgrade_in_thread, url, lock_timeout_s, asked)


@dataclass(frozen=True, slots=True)
class Revision:
    """Which tables a database has, and which this version of Restyle wants.

    Attributes:
        current: None for a database without tables.
        refusal: Why an upgrade would not be made unasked, in one sentence; None where it would.
    """

    current: str | None
    newest: str
    refusal: str | None = None

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
    newest = newest_revision()
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return Revision(None, newest)
    current = asyncio.run(_current(url, lock_timeout_s))
    if current in (None, newest):
        return Revision(current, newest)
    try:
        require_safe(pending(alembic_config(None), current))
    except DatabaseRefused as error:
        return Revision(current, newest, str(error))
    return Revision(current, newest)


async def _current(url: URL, lock_timeout_s: float) -> str | None:
    engine = make_engine(url, lock_timeout_s=lock_timeout_s, pooled=False)
    try:
        with translated():
            async with engine.connect() as connection:
                return await connection.run_sync(_revision_of)
    finally:
        await engine.dispose()


def newest_revision() -> str:
    """The revision that this version wants: the modules are numbered, one after the other."""
    return max(path.name[1:5] for path in VERSIONS.glob("r[0-9]*.py"))


def _revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table(NOTED.name):
        return None
    return connection.scalar(select(NOTED.c.version_num))


def alembic_config(connection: Connection | None) -> "Config":
    """A configuration that needs no file and works on ``connection``, or only reads revisions."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _upgrade_in_thread(url: URL, lock_timeout_s: float, asked: bool) -> Path | None:
    with ALEMBIC:
        copy = _prepare(url, lock_timeout_s, asked=asked)
        asyncio.run(_upgrade(url, lock_timeout_s))
    return copy


def _prepare(url: URL, lock_timeout_s: float, *, asked: bool) -> Path | None:
    """Refuse what is not safe, and keep a copy of an SQLite database that has something in it."""
    found = _revision_in_thread(url, lock_timeout_s)
    if found.current is None or found.is_current:
        return None
    revisions = pending(alembic_config(None), found.current)
    if not asked:
        require_safe(revisions)
    return keep_copy(url, found.current) if url.get_backend_name() == "sqlite" else None


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
    if _revision_of(connection) == newest_revision():
        return
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        raise DatabaseRefused(UNKNOWN) from error
