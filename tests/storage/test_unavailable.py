"""A database that is locked, full, broken or away surfaces as storage's own error."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.connection import WRITES, make_engine, make_sqlite_writer, parse_url
from storage.database import Database
from storage.errors import DatabaseBroken, DatabaseRefused, DatabaseUnavailable, StorageError
from storage.writers import SqliteWriter
from tests.storage.making import TODAY, new_job, submit, terms

# Gets an upgraded SQLite database as its argument; a limit on file sizes stands for a full disk.
FILLS_THE_DISK = """
import asyncio, resource, sys
from storage.database import Database
from storage.errors import DatabaseUnavailable

async def main():
    database = Database(sys.argv[1])
    await database.values.set("kept", "before")
    hard = resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
    try:
        for number in range(100):
            await database.values.set(f"number {number}", "x" * 10_000)
    except DatabaseUnavailable as error:
        print(error, flush=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    await database.values.set("then", "after")
    print(await database.values.get("kept"), await database.values.get("then"))
    await database.close()

asyncio.run(main())
"""


GARBAGE = b"This is no database. " * 500


@asynccontextmanager
async def impatient(url: str) -> AsyncIterator[Database]:
    """A database that waits a moment only for others' locks."""
    database = Database(url, lock_timeout_s=0.1)
    try:
        yield database
    finally:
        await database.close()


async def test_a_locked_database_is_unavailable_and_then_works_again(
    url: str, engine: AsyncEngine
) -> None:
    """Writers give up after their timeout, together; nothing stays behind of what they wanted."""
    async with impatient(url) as database:
        job = await submit(database)
        async with engine.execution_options(**{WRITES: True}).connect() as blocker:
            if engine.dialect.name == "postgresql":
                await blocker.execute(text("LOCK TABLE jobs, ledger"))
            else:
                await blocker.execute(text("UPDATE jobs SET priority = 7"))
            for write in (
                lambda: submit(database),
                lambda: database.jobs.claim(job.id),
                lambda: database.jobs.cancel(job.id),
            ):
                with pytest.raises(DatabaseUnavailable, match="database is not available"):
                    await write()
            outcomes = await asyncio.gather(
                *(submit(database) for _ in range(20)), return_exceptions=True
            )
            assert {type(outcome) for outcome in outcomes} == {DatabaseUnavailable}
            await blocker.rollback()
        assert await database.jobs.unfinished() == [job]


async def test_reading_goes_on_while_sqlite_is_written(sqlite_url: str) -> None:
    """That is what the write-ahead log is for."""
    path = sqlite_url.removeprefix("sqlite:///")
    async with impatient(sqlite_url) as database:
        job = await submit(database)
        with closing(sqlite3.connect(path, isolation_level=None)) as blocker:
            blocker.execute("BEGIN IMMEDIATE")
            assert await database.jobs.get(job.id) == job


async def test_a_full_disk_is_unavailable_and_then_works_again(sqlite_url: str) -> None:
    """What was committed before is there, and writing goes on once there is room."""
    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", FILLS_THE_DISK, sqlite_url],
        capture_output=True,
        text=True,
    )
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("The database is not available: "), ran.stderr
    assert lines[1:] == ["before after"], ran.stderr


async def test_what_a_full_disk_undid_is_called_done_for_nobody(sqlite_url: str) -> None:
    """SQLite undoes the whole transaction, and so the works before and after the one too large."""
    engine = make_sqlite_writer(parse_url(sqlite_url), lock_timeout_s=1.0)
    writer = SqliteWriter(engine)
    insert = text("INSERT INTO kept VALUES (:value)")

    def make(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE kept (value TEXT)"))

    def limit(connection: Connection) -> None:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages + 4}"))

    def small(connection: Connection) -> str:
        connection.execute(insert, {"value": "small"})
        return "done"

    def large(connection: Connection) -> None:
        connection.execute(insert, {"value": "x" * 1_000_000})

    def count(connection: Connection) -> int:
        return int(connection.execute(text("SELECT count(*) FROM kept")).scalar_one())

    try:
        await writer.write([make])
        await writer.write([limit])
        with pytest.raises(DatabaseUnavailable, match="undid the transaction"):
            await writer.write([small, large, small])
        [left] = await writer.write([count])
        assert left.value == 0
        [after] = await writer.write([small])
        assert after.value == "done"
    finally:
        await writer.close()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///{}",
        "sqlite:///{}/garbage/below.db",
        "postgresql://someone@127.0.0.1:1/restyle",
        "postgresql://someone@/restyle?host={}",
    ],
    ids=["a folder", "below a file", "nobody listens", "no socket"],
)
async def test_a_database_that_is_not_there_is_unavailable(url: str, tmp_path: Path) -> None:
    """For upgrades, reads and writes alike."""
    (tmp_path / "garbage").write_bytes(GARBAGE)
    await everything_raises(DatabaseUnavailable, url.format(tmp_path))


async def test_a_file_that_is_no_database_is_broken(tmp_path: Path) -> None:
    (tmp_path / "garbage").write_bytes(GARBAGE)
    await everything_raises(DatabaseBroken, f"sqlite:///{tmp_path / 'garbage'}")


async def everything_raises(error: type[StorageError], url: str) -> None:
    async with impatient(url) as database:
        for ask in (
            database.upgrade,
            database.jobs.last_served,
            lambda: database.jobs.claim("0"),
        ):
            with pytest.raises(error):
                await ask()


@pytest.mark.postgres
async def test_a_server_without_the_database_is_unavailable(postgres_url: str) -> None:
    """With PostgreSQL's own words about it."""
    async with impatient(postgres_url.replace("/restyle_", "/nothing_")) as database:
        with pytest.raises(DatabaseUnavailable, match="does not exist"):
            await database.upgrade()


async def test_a_database_without_the_schema_refuses(empty_url: str, tmp_path: Path) -> None:
    """Somebody forgot to upgrade it."""
    (tmp_path / "new folder").mkdir(exist_ok=True)
    async with impatient(empty_url) as database:
        with pytest.raises(DatabaseRefused, match="refused a statement"):
            await submit(database)


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    """It would be read in the wrong zone later."""
    naive = TODAY.ends_at.replace(tzinfo=None)
    new = new_job(interaction_expires_at=naive)
    with pytest.raises(DatabaseRefused):
        await database.jobs.submit(new, terms(1))
    assert await database.jobs.unfinished() == []


@pytest.mark.postgres
async def test_connections_that_died_are_replaced(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that idled is asked first; one in use is found out by what it was to do, once."""
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    mine = f"{others} AND datname = current_database()"
    end = make_engine(parse_url(postgres_url), lock_timeout_s=5.0, pooled=False)
    async with impatient(postgres_url) as database:
        job = await submit(database)
        monkeypatch.setattr("storage.connection.IDLE_S", 0.0)
        async with end.connect() as connection:
            await connection.execute(text(mine))
        assert await database.jobs.get(job.id) == job
        monkeypatch.setattr("storage.connection.IDLE_S", 60.0)
        async with end.connect() as connection:
            await connection.execute(text(mine))
        with pytest.raises(DatabaseUnavailable):
            await database.jobs.get(job.id)
        assert await database.jobs.get(job.id) == job
    await end.dispose()
