"""The migrations: from nothing to the tables that the code knows, on both databases."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.connection import make_engine, make_parent_folder, parse_url
from storage.database import Database
from storage.errors import DatabaseRefused
from storage.migrations.upgrading import VERSIONS, newest_revision
from storage.tables import Base
from tests.storage.making import submit

# Gets a URL as its argument.
UPGRADES = """
import asyncio, sys
from storage.database import Database

async def main():
    database = Database(sys.argv[1])
    await database.upgrade()
    await database.close()

asyncio.run(main())
"""


def test_the_newest_revision_is_the_head_of_the_chain() -> None:
    head = ScriptDirectory(str(VERSIONS.parent)).get_current_head()
    assert newest_revision() == head


async def on_connection(url: str, work: Callable[[Connection], Any]) -> Any:
    """Run synchronous work in a transaction of its own."""
    engine: AsyncEngine = make_engine(parse_url(url), lock_timeout_s=5.0, pooled=False)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


async def upgrade(url: str) -> None:
    """Upgrade as an application would."""
    database = Database(url)
    try:
        await database.upgrade()
    finally:
        await database.close()


def tables(connection: Connection) -> set[str]:
    """The names of all tables."""
    return set(inspect(connection).get_table_names())


def differences(connection: Connection) -> list[Any]:
    """What Alembic would still change to get from the database to the code."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


def checks(connection: Connection) -> set[str | None]:
    """The names of all check constraints, which Alembic does not compare."""
    inspector = inspect(connection)
    return {
        check["name"]
        for table in inspector.get_table_names()
        for check in inspector.get_check_constraints(table)
    }


async def test_an_empty_database_gets_the_tables_of_the_code(empty_url: str) -> None:
    """No table, column, index or check too many or too few; a missing folder is made."""
    await upgrade(empty_url)
    assert await on_connection(empty_url, differences) == []
    expected = {
        constraint.name
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert await on_connection(empty_url, checks) == expected


async def test_an_upgrade_of_the_newest_changes_nothing(url: str) -> None:
    """It happens at every start, with data in the tables."""
    database = Database(url)
    job = await submit(database)
    await database.upgrade()
    assert await database.jobs.get(job.id) == job
    await database.close()


async def test_several_processes_may_upgrade_at_once(empty_url: str) -> None:
    """One does it, the others wait and find it done."""
    command = [sys.executable, "-c", UPGRADES, empty_url]
    ran = await asyncio.gather(
        *(
            asyncio.to_thread(
                subprocess.run, command, stdin=subprocess.DEVNULL, capture_output=True
            )
            for _ in range(3)
        )
    )
    assert [(one.returncode, one.stderr) for one in ran] == [(0, b"")] * 3
    assert await on_connection(empty_url, differences) == []


@pytest.mark.postgres
async def test_one_process_may_upgrade_several_databases_at_once(
    empty_postgres_url: str, tmp_path: Path
) -> None:
    """Neither gets what was meant for the other."""
    urls = [f"sqlite:///{tmp_path / name}" for name in "abc"] + [empty_postgres_url]
    await asyncio.gather(*(upgrade(url) for url in urls))
    assert [await on_connection(url, differences) for url in urls] == [[]] * 4


async def test_an_upgrade_is_done_wholly_or_not_at_all(empty_url: str) -> None:
    """A table in the way stops it; nothing of it stays, and without the obstacle it works."""
    make_parent_folder(parse_url(empty_url))
    await on_connection(empty_url, lambda it: it.execute(text("CREATE TABLE outbox (id INT)")))
    with pytest.raises(DatabaseRefused):
        await upgrade(empty_url)
    assert await on_connection(empty_url, tables) == {"outbox"}
    await on_connection(empty_url, lambda it: it.execute(text("DROP TABLE outbox")))
    await upgrade(empty_url)
    assert await on_connection(empty_url, differences) == []


async def test_a_newer_schema_is_one_sentence(url: str) -> None:
    """An older bot leaves it alone."""
    newer = "UPDATE alembic_version SET version_num = '9999'"
    await on_connection(url, lambda it: it.execute(text(newer)))
    with pytest.raises(DatabaseRefused, match="does not know"):
        await upgrade(url)
