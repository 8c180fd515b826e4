"""Copies an SQLite database while it is in use."""

import asyncio
import os
import sqlite3
from pathlib import Path

from storage.connection import parse_url
from storage.errors import DatabaseRefused, DatabaseUnavailable
from storage.folder_sync import sync_folder

PAGES_AT_ONCE = 256


async def back_up(url: str, target: Path) -> None:
    """Write one whole state of the database of ``url`` to ``target``, whoever writes meanwhile.

    SQLite's own online backup: a copy of the moment at which it ends. ``target`` is there wholly
    or not at all.

    Raises:
        DatabaseRefused: It is PostgreSQL, there is no database, or ``target`` is there already.
        DatabaseUnavailable: The disk is full, or the database cannot be read.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite":
        raise DatabaseRefused("A PostgreSQL database is backed up with pg_dump.")
    source = Path(parsed.database or "")
    try:
        await asyncio.to_thread(copy_file, source, target)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseUnavailable(f"The backup could not be written: {error}.") from error


def copy_file(source: Path, target: Path) -> None:
    """The same for two files, holding up whoever calls it; raises ``OSError`` and SQLite's own."""
    if not source.exists():
        raise DatabaseRefused(f"There is no database {source}.")
    if target.exists():
        raise DatabaseRefused(f"{target} is there already and is left as it is.")
    half = target.with_name(f"{target.name}.part")
    try:
        # It holds prompts and tokens: nobody else on this machine may read it.
        half.unlink(missing_ok=True)
        os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        reader = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
        writer = sqlite3.connect(half)
        try:
            reader.backup(writer, pages=PAGES_AT_ONCE)
            # A file by itself, with no second one beside it that would have to be copied along.
            writer.execute("PRAGMA journal_mode = DELETE")
        finally:
            writer.close()
            reader.close()
        with half.open("rb") as file:
            os.fsync(file.fileno())
        half.replace(target)
        sync_folder(target.parent)
    finally:
        half.unlink(missing_ok=True)
