"""A ledger of any size, and its two movements on their own, for the benchmark of the ledger."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, text

from storage import ledger
from storage.charging import charge
from storage.locks import take_locks
from storage.quota import Terms
from storage.records import NewJob
from storage.sessions import Sessions

MEMBERS, GUILDS, DAYS = 1000, 20, 100
FIRST_DAY = date(2025, 1, 1)
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)
AT_ONCE = 100_000

# Charges and their settlements in turn, spread over members, guilds and days.
ROWS = """
WITH RECURSIVE numbers(i) AS (
    SELECT CAST(:first AS BIGINT) UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < :last
)
INSERT INTO ledger
    (guild_id, user_id, day, kind, amount, actor_id, reason, job_id, created_at)
SELECT (i / 2) % 1000 % 20 + 1, (i / 2) % 1000 + 1, {day},
       CASE WHEN i % 2 = 0 THEN 'reserve' ELSE 'commit' END,
       CASE WHEN i % 2 = 0 THEN -1 ELSE 0 END,
       NULL, 'a benchmark', 'load' || (i / 2), {moment}
FROM numbers
"""
DAY = {
    "sqlite": "date('2025-01-01', '+' || (i / 2000 % 100) || ' days')",
    "postgresql": "DATE '2025-01-01' + CAST(i / 2000 % 100 AS INTEGER)",
}
MOMENT = {
    "sqlite": "'2025-01-01 00:00:00.000000'",
    "postgresql": "TIMESTAMPTZ '2025-01-01 00:00:00+00'",
}


class LedgerLoad:
    """Fills a ledger and moves credits in it without jobs; for an empty database of its own."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def fill(self, rows: int) -> None:
        """Write ``rows`` rows: charges of one credit, each settled."""
        for first in range(0, rows, AT_ONCE):
            bounds = {"first": first, "last": min(rows, first + AT_ONCE)}

            def work(connection: Connection, bounds: dict[str, int] = bounds) -> None:
                name = connection.dialect.name
                statement = ROWS.format(day=DAY[name], moment=MOMENT[name])
                connection.execute(text(statement), bounds)

            await self._sessions.transact(work)
        # PostgreSQL does so by itself in time, and plans badly before.
        await self._sessions.transact(lambda connection: connection.execute(text("ANALYZE")))

    async def reserve_and_commit(self, new: NewJob, terms: Terms) -> None:
        """Charge for a job under all rules and keep the charge, as its submission and its end do.

        Two transactions; the job itself is not written.
        """
        now = datetime.now(UTC)

        def reserve(connection: Connection) -> None:
            take_locks(connection, new.user_id, new.guild_id)
            charge(connection, [new], terms, now)

        await self._sessions.transact(reserve)
        await self._sessions.transact(
            lambda connection: ledger.settle(
                connection, new.id, kept=True, reason="job done", now=now
            )
        )
