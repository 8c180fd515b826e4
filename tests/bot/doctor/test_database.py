"""The doctor before databases that cannot be used."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.doctor.data import database
from bot.doctor.finding import Level
from bot.settings import load_settings
from storage.database import Database

REMEDY = "See RESTYLE_DATABASE_URL in docs/settings.md."


async def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    url = "postgresql://restyle:open-sesame@127.0.0.1:1/restyle"
    found = await database(load_settings(data_dir=tmp_path, database_url=url))
    assert (found.level, found.remedy) == (Level.FAIL, REMEDY)
    assert "open-sesame" not in found.detail


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "restyle.db").write_bytes(b"GIF89a, and no database at all" * 100)
    found = await database(load_settings(data_dir=tmp_path, database_url=None))
    assert (found.level, found.remedy) == (Level.FAIL, REMEDY)


async def test_a_database_that_takes_no_row(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, database_url=None)
    store = Database(settings.resolved_database_url)
    await store.upgrade()
    await store.close()
    assert (await database(settings)).level is Level.OK
    # It can be read, and grows no more.
    with closing(sqlite3.connect(tmp_path / "restyle.db")) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON stored_values"
            " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
        connection.commit()
    found = await database(settings)
    assert (found.level, found.remedy) == (Level.FAIL, REMEDY)
    assert found.detail.startswith("The database refused a statement")
