"""Before an upgrade: an SQLite database is copied, and what must be asked for is refused."""

import asyncio
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection

import storage
from storage.connection import parse_url
from storage.database import Database
from storage.errors import DatabaseRefused, DatabaseUnavailable
from storage.migrations import upgrading
from storage.migrations.upgrading import alembic_config
from tests.storage.test_migrations import on_connection

OLDER = "0004"
LATER = """
revision = "9000"
down_revision = "{head}"
ask_first = "every picture's row is written anew, which may take an hour."

def upgrade() -> None:
    pass
"""

UPGRADES = """
import asyncio, sys
from storage.database import Database
from storage.errors import DatabaseRefused

async def main():
    database = Database(sys.argv[1])
    try:
        await database.upgrade(asked=sys.argv[2:] == ["--yes"])
    except DatabaseRefused as error:
        print(error, file=sys.stderr)
    finally:
        await database.close()

asyncio.run(main())
"""


def older(connection: Connection) -> None:
    """Make the tables of an earlier version."""
    command.upgrade(alembic_config(connection), OLDER)


def revision_in(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        [found] = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An SQLite database of an earlier version."""
    path = tmp_path / "restyle.db"
    asyncio.run(on_connection(f"sqlite:///{path}", older))
    return path


async def upgrade(file: Path, *, asked: bool = False) -> Path | None:
    database = Database(f"sqlite:///{file}")
    try:
        return await database.upgrade(asked=asked)
    finally:
        await database.close()


async def newest(file: Path) -> str:
    return (await upgrading.revision(parse_url(f"sqlite:///{file}"), lock_timeout_s=5)).newest


async def test_the_database_as_it_was_is_kept(file: Path) -> None:
    # Left by an upgrade that came to nothing.
    stale = file.with_name(f"restyle.db.revision-{OLDER}")
    stale.write_text("stale")
    copy = await upgrade(file)
    assert copy == stale
    assert (revision_in(copy), revision_in(file)) == (OLDER, await newest(file))
    assert await upgrade(file) is None
    assert names_in(file.parent) == ["restyle.db", copy.name]


async def test_a_new_database_has_nothing_to_keep(tmp_path: Path) -> None:
    assert await upgrade(tmp_path / "restyle.db") is None
    assert names_in(tmp_path) == ["restyle.db"]


async def test_without_a_copy_there_is_no_upgrade(file: Path) -> None:
    # A folder is in the way of the copy.
    file.with_name(f"restyle.db.revision-{OLDER}").mkdir()
    with pytest.raises(DatabaseUnavailable, match="no copy of it can be kept"):
        await upgrade(file)
    assert revision_in(file) == OLDER
    assert not list(file.parent.glob("*.new"))


def by_a_later_version(file: Path, root: Path, *asked: str) -> str:
    """Upgrade by the copy of ``storage`` in ``root``; what it refuses with."""
    done = subprocess.run(
        [sys.executable, "-c", UPGRADES, f"sqlite:///{file}", *asked],
        env=os.environ | {"PYTHONPATH": str(root)},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr


async def test_what_must_be_asked_for_is_refused_until_it_is(file: Path, tmp_path: Path) -> None:
    root = tmp_path / "later"
    ours = Path(storage.__file__).parent
    shutil.copytree(ours, root / "storage", ignore=shutil.ignore_patterns("__pycache__"))
    later = root / "storage" / "migrations" / "versions" / "r9000_later.py"
    later.write_text(LATER.format(head=await newest(file)))
    told = by_a_later_version(file, root)
    assert re.fullmatch(r".*may take an hour\. .*`restyle db upgrade --yes`\.\n", told), told
    assert revision_in(file) == OLDER
    assert not list(file.parent.glob("*.revision-*"))
    assert by_a_later_version(file, root, "--yes") == ""
    assert revision_in(file) == "9000"


async def test_a_newer_database_is_refused_and_not_copied(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(DatabaseRefused, match="written by a newer one"):
        await upgrade(file)
    assert names_in(file.parent) == ["restyle.db"]
