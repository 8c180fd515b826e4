"""Keeps a second bot away from an SQLite file: its queue and its loops would know nothing of it."""

import os
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import URL

from storage.connection import parse_url
from storage.errors import DatabaseTaken

TAKEN = (
    "Another bot process (process {pid}) runs on {file}. Stop it first; several bots on one "
    "database need PostgreSQL."
)


class SoleProcess:
    """A lock beside the SQLite file, held by its one bot and let go by the system when that dies.

    On PostgreSQL nothing is locked.
    """

    def __init__(self, url: str) -> None:
        self._file = _file_of(parse_url(url))
        self._lock = None if self._file is None else FileLock(f"{self._file}.bot.lock")

    def take(self) -> None:
        """Take the lock; raises ``DatabaseTaken`` when another bot has it."""
        if self._lock is None or self._file is None:
            return
        try:
            self._lock.acquire(blocking=False)
        except Timeout as error:
            holder = self._holder.read_text().strip() if self._holder.exists() else "unknown"
            raise DatabaseTaken(TAKEN.format(pid=holder, file=self._file)) from error
        self._holder.write_text(f"{os.getpid()}\n")

    def release(self) -> None:
        """Let another bot have it."""
        if self._lock is not None and self._lock.is_locked:
            self._holder.unlink(missing_ok=True)
            self._lock.release()

    @property
    def _holder(self) -> Path:
        return Path(f"{self._file}.bot.pid")


def _file_of(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)
