"""A backup while others write is whole; a check finds what was broken on purpose."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.backup import back_up
from storage.database import Database
from storage.errors import DatabaseRefused
from storage.image_folder import ImageFolder


async def test_a_backup_while_the_database_is_written_is_whole(tmp_path: Path) -> None:
    url, copy = f"sqlite:///{tmp_path / 'a.db'}", tmp_path / "copy.db"
    database = Database(url)
    await database.upgrade()

    async def write() -> None:
        for number in range(50):
            await database.values.set(f"key {number}", "value")

    await asyncio.gather(write(), back_up(url, copy))
    await database.close()
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM jobs").fetchone() == (0,)
    assert not list(tmp_path.glob("copy*.part"))  # noqa: ASYNC240  # one small folder


async def test_a_backup_overwrites_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    database = Database(url)
    await database.upgrade()
    await database.close()
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(DatabaseRefused, match="is there already"):
        await back_up(url, tmp_path / "copy.db")
    with pytest.raises(DatabaseRefused, match="no database"):
        await back_up(f"sqlite:///{tmp_path / 'none.db'}", tmp_path / "other.db")
    assert (tmp_path / "copy.db").read_text() == "precious"


async def test_a_check_finds_a_file_that_nothing_uses(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    await database.upgrade()
    try:
        assert await database.checking.findings(ImageFolder(tmp_path / "images")) == []
        name = await ImageFolder(tmp_path / "images").put(b"left over", ".webp")
        [finding] = await database.checking.findings(ImageFolder(tmp_path / "images"))
    finally:
        await database.close()
    assert finding == f"Image {name} is kept, but nothing uses it."
