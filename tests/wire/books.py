"""Reads the bot's SQLite file from outside: the jobs, what was charged, what was delivered."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One job as the database has it.

    Attributes:
        charged: Credits that it costs its member in the end.
        reserved: How many reservations there are; more than one is a double charge.
        settled: How many times it was committed or refunded.
        delivery: State of the outbox row of its message, None where there is none.
    """

    id: str
    group_id: str | None
    user_id: int
    message_id: int | None
    interaction_token: str
    status: str
    attempt: int
    charged: int
    reserved: int
    settled: int
    delivery: str | None
    told: str | None

    @property
    def open(self) -> bool:
        """Whether it has no outcome yet, or one that is still to be told."""
        return self.status in ("queued", "running") or self.delivery == "pending"


class Books:
    """The database of a bot that may be running."""

    def __init__(self, data: Path) -> None:
        self._file = data / "restyle.db"

    def entries(self) -> list[Entry]:
        """All jobs, oldest first."""
        if not self._file.exists():
            return []
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, timeout=20)) as db:
            return [Entry(*row) for row in db.execute(QUERY)]

    def entry(self, message_id: int) -> Entry:
        """The job that a message shows."""
        [found] = [entry for entry in self.entries() if entry.message_id == message_id]
        return found


QUERY = """
SELECT jobs.id, group_id, user_id, message_id, interaction_token, status, attempt,
       (SELECT -coalesce(sum(amount), 0) FROM ledger WHERE job_id = jobs.id),
       (SELECT count(*) FROM ledger WHERE job_id = jobs.id AND kind = 'reserve'),
       (SELECT count(*) FROM ledger WHERE job_id = jobs.id AND kind IN ('commit', 'refund')),
       (SELECT state FROM outbox WHERE job_id = coalesce(jobs.group_id, jobs.id)),
       error_message
FROM jobs ORDER BY created_at, jobs.id
"""
