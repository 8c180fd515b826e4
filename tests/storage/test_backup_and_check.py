"""A backup while others write is whole; a check finds what was broken on purpose."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.backup import back_up
from storage.database import Database
from storage.errors import DatabaseRefused
from storage.image_folder import ImageFolder
from tests.storage.making import new_job, result, running, submit, terms
from tests.storage.test_bonuses import grant

WRITES = 200


async def test_a_backup_while_the_database_is_written_is_whole(tmp_path: Path) -> None:
    url, copy = f"sqlite:///{tmp_path / 'a.db'}", tmp_path / "copy.db"
    database = Database(url)
    await database.upgrade()

    async def write() -> None:
        for number in range(WRITES):
            await database.values.set(f"key {number:04}", "value " * 500)
            if number == WRITES // 4:
                begun.set()

    async def copy_meanwhile() -> None:
        await begun.wait()
        await back_up(url, copy)

    begun = asyncio.Event()
    await asyncio.gather(write(), copy_meanwhile())
    await database.close()
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        keys = [key for (key,) in db.execute("SELECT key FROM stored_values ORDER BY key")]
    # One moment of it: all that had been written by then, and nothing of what came later.
    assert len(keys) > WRITES // 4
    assert keys == [f"key {number:04}" for number in range(len(keys))]
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


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[tuple[Database, Path]]:
    """A database with a finished and a waiting job, and the folder with all of their pictures."""
    database, folder = Database(f"sqlite:///{tmp_path / 'a.db'}"), tmp_path / "images"
    await database.upgrade()
    images = ImageFolder(folder)
    source, made = await images.put(b"source", ".webp"), await images.put(b"made", ".webp")
    done = await running(database, id="done", source_hash=source, params={})
    await database.jobs.complete(done.id, 1, result(result_hash=made, latents_hash=None))
    await submit(database, id="waits", source_hash=source, params={})
    yield database, folder
    await database.close()


async def findings(database: Database, folder: Path) -> list[str]:
    """What a check finds, with hashes cut short."""
    found = await database.checking.findings(ImageFolder(folder))
    return [re.sub(r"\b[0-9a-f]{64}\b", lambda match: match[0][:4], line) for line in found]


async def test_a_check_of_what_is_whole_finds_nothing(stored: tuple[Database, Path]) -> None:
    assert await findings(*stored) == []


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (
            (
                "INSERT INTO outbox (job_id, kind, state, attempts, created_at, due_at) "
                "VALUES ('gone', 'done', 'pending', 0, '2025-06-01', '2025-06-01')"
            ),
            ["refers to a row of jobs that is gone."],
        ),
        (
            "UPDATE jobs SET status = 'failed' WHERE id = 'done'",
            [
                "Job done is failed, but its ledger has 1 reservations, 1 commits and 0 refunds.",
                "Job done was given back 1 credits too few.",
            ],
        ),
        (
            "UPDATE jobs SET status = 'done' WHERE id = 'waits'",
            [
                "Job waits is done, but its ledger has 1 reservations, 0 commits and 0 refunds.",
                "Job waits is over, but the outbox has no row for it.",
            ],
        ),
        (
            (
                "INSERT INTO ledger (user_id, day, kind, amount, reason, job_id, created_at) "
                "VALUES (1, '2025-06-01', 'correction', 5, 'forged', 'done', '2025-06-01')"
            ),
            ["Job done was given back 4 credits too many."],
        ),
        (
            "DELETE FROM image_uses WHERE job_id = 'done' AND role = 'result'",
            ["is kept, but nothing uses it."],
        ),
        (
            "UPDATE image_uses SET hash = 'aaaa' WHERE job_id = 'done' AND role = 'result'",
            ["Image aaaa is used, but no file holds it.", "is kept, but nothing uses it."],
        ),
    ],
    ids=["reference", "charge", "no charge", "sum", "orphan", "missing"],
)
async def test_a_check_finds_what_was_broken(
    stored: tuple[Database, Path], tmp_path: Path, damage: str, found: list[str]
) -> None:
    # By another program, which asks for no foreign keys.
    with closing(sqlite3.connect(tmp_path / "a.db")) as db, db:
        db.execute(damage)
    told = await findings(*stored)
    assert len(told) == len(found), told
    for line, part in zip(told, found, strict=True):
        assert part in line


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (
            (
                "INSERT INTO ledger (user_id, day, kind, amount, reason, job_id, created_at) "
                "VALUES (1, '2025-06-01', 'correction', -2, 'forged', 'failed', '2025-06-01')"
            ),
            "Job failed was given back 2 credits too few.",
        ),
        (
            (
                "INSERT INTO ledger "
                "(user_id, day, kind, amount, reason, job_id, created_at, expires_on) VALUES (1, "
                "'2025-06-01', 'reserve', -3, 'forged', 'paid', '2025-06-01', '2025-06-07')"
            ),
            "Job paid was given back 3 credits of the bonus up to 2025-06-07 too few.",
        ),
        (
            "DELETE FROM outbox WHERE job_id = 'first'",
            "Job first is over, but the outbox has no row for it.",
        ),
    ],
    ids=["allowance", "bonus", "untold"],
)
async def test_a_check_finds_a_refund_that_is_short_and_an_end_that_nobody_is_told(
    database: Database, engine: AsyncEngine, tmp_path: Path, damage: str, found: str
) -> None:
    failed = await running(database, id="failed")
    await database.jobs.fail(failed.id, 1, "nan", "No.")
    await grant(database, 2)
    await submit(database, id="paid", limit=1, cost=3)
    await database.jobs.cancel("paid")
    # One pair is over; of the other, one still waits.
    for pair in (("first", "second"), ("third", "fourth")):
        news = [new_job(id=job, group_id=pair[0], place=n) for n, job in enumerate(pair, 1)]
        await database.jobs.submit_all(news, terms())
        await database.jobs.cancel(pair[0])
    await database.jobs.cancel("second")

    async def of_jobs() -> list[str]:
        told = await database.checking.findings(ImageFolder(tmp_path / "images"))
        return [line for line in told if line.startswith("Job ")]

    assert await of_jobs() == []
    async with engine.begin() as connection:
        await connection.execute(text(damage))
    assert await of_jobs() == [found]


async def test_a_check_finds_a_file_that_is_gone(stored: tuple[Database, Path]) -> None:
    database, folder = stored
    [made] = [path for path in folder.glob("??/*") if path.read_bytes() == b"made"]
    made.unlink()
    assert await findings(database, folder) == [
        f"Image {made.stem[:4]} is used, but no file holds it."
    ]


@pytest.mark.parametrize("page_of", ["ledger", "ix_jobs_guild_created", None])
async def test_a_check_finds_broken_pages(
    stored: tuple[Database, Path], tmp_path: Path, page_of: str | None
) -> None:
    """A disk has written over the page on which a table or an index begins, or the file does."""
    database, folder = stored
    with closing(sqlite3.connect(tmp_path / "a.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        roots = dict(db.execute("SELECT name, rootpage FROM sqlite_master"))
        [(page_bytes,)] = db.execute("PRAGMA page_size")
    await database.close()
    page = 1 if page_of is None else roots[page_of]
    with (tmp_path / "a.db").open("r+b") as file:
        file.seek((page - 1) * page_bytes)
        file.write(b"\xff" * page_bytes)
    again = Database(f"sqlite:///{tmp_path / 'a.db'}")
    try:
        told = await findings(again, folder)
    finally:
        await again.close()
    assert told
    for line in told:
        assert "SQLite says: " in line or "The database's file is broken: " in line
