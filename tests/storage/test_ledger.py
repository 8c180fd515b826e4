"""The ledger's table: sums by kind, and what the database itself refuses."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import Database
from storage.errors import QuotaExceeded
from storage.tables import LedgerKind, LedgerRow
from tests.storage.making import GUILD, MEMBER, TODAY, result, running, submit, terms


async def add(
    engine: AsyncEngine, kind: LedgerKind, amount: int, job_id: str | None = None
) -> None:
    """Write a row of ``MEMBER``'s allowance past the repositories."""
    values = {
        "guild_id": GUILD,
        "user_id": MEMBER,
        "day": TODAY.date,
        "kind": kind,
        "amount": amount,
        "actor_id": 1,
        "reason": "a test",
        "job_id": job_id,
        "created_at": datetime.now(UTC),
    }
    async with engine.begin() as connection:
        await connection.execute(insert(LedgerRow).values(values))


async def rows(engine: AsyncEngine) -> list[tuple[str, int, int | None, str, bool]]:
    """Kind, amount, actor, reason of all rows, and whether they name a job."""
    columns = "kind, amount, actor_id, reason, job_id IS NOT NULL"
    async with engine.connect() as connection:
        found = await connection.execute(text(f"SELECT {columns} FROM ledger ORDER BY id"))  # noqa: S608  # a constant
        return [
            (kind, amount, actor, reason, bool(job)) for kind, amount, actor, reason, job in found
        ]


async def test_corrections_change_the_use(database: Database, engine: AsyncEngine) -> None:
    """They count when the next job is handed in."""
    await submit(database, limit=2, cost=2)
    await add(engine, LedgerKind.CORRECTION, 1)
    balance = await database.quota.balance(GUILD, MEMBER, terms(2))
    assert (balance.used, balance.limit, balance.remaining) == (1, 2, 1)
    assert balance.resets_at == TODAY.ends_at
    with pytest.raises(QuotaExceeded, match="1 of 2"):
        await submit(database, limit=2, cost=2)
    await submit(database, limit=2, cost=1)


async def test_a_lowered_limit_leaves_nothing_and_not_less(database: Database) -> None:
    """What was used before a moderator lowered the limit stays used."""
    await submit(database, limit=5, cost=5)
    balance = await database.quota.balance(GUILD, MEMBER, terms(3))
    assert (balance.used, balance.limit, balance.remaining) == (5, 3, 0)


async def test_every_movement_has_its_row(database: Database, engine: AsyncEngine) -> None:
    """With actor, reason and job; the bot itself is no actor."""
    done = await running(database, cost=2)
    await database.jobs.complete(done.id, 1, result())
    failed = await running(database)
    await database.jobs.fail(failed.id, 1, "nan", "Not finite.")
    assert await rows(engine) == [
        ("reserve", -2, MEMBER, "job submitted", True),
        ("commit", 0, None, "job done", True),
        ("reserve", -1, MEMBER, "job submitted", True),
        ("refund", 1, None, "job failed", True),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET amount = 0",
        "UPDATE ledger SET reason = 'x'",
        "DELETE FROM ledger",
    ],
)
async def test_a_row_can_be_neither_changed_nor_removed(
    database: Database, engine: AsyncEngine, statement: str
) -> None:
    """Not even by hand."""
    await submit(database)
    before = await rows(engine)
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="append-only"):
            await connection.execute(text(statement))
    assert await rows(engine) == before


async def test_a_row_cannot_be_removed_by_a_detour(database: Database, engine: AsyncEngine) -> None:
    """TRUNCATE on PostgreSQL, INSERT OR REPLACE on SQLite."""
    await submit(database)
    statement = (
        "TRUNCATE ledger"
        if engine.dialect.name == "postgresql"
        else "INSERT OR REPLACE INTO ledger SELECT id, guild_id, user_id, day, kind, 0, actor_id, "
        "reason, job_id, created_at, channel_id, expires_on, role_grant_id FROM ledger"
    )
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="append-only"):
            await connection.execute(text(statement))
    assert len(await rows(engine)) == 1


@pytest.mark.parametrize(
    ("kind", "amount"),
    [
        (LedgerKind.COMMIT, 0),
        (LedgerKind.REFUND, 1),
        (LedgerKind.RESERVE, -1),
    ],
)
async def test_a_job_is_charged_and_settled_once(
    database: Database, engine: AsyncEngine, kind: LedgerKind, amount: int
) -> None:
    """The schema refuses the second time, whatever the code believes."""
    job = await running(database)
    await database.jobs.complete(job.id, 1, result())
    with pytest.raises(DBAPIError):
        await add(engine, kind, amount, job.id)


@pytest.mark.parametrize(
    ("kind", "amount"),
    [(LedgerKind.RESERVE, 1), (LedgerKind.REFUND, -1), (LedgerKind.COMMIT, 1)],
)
async def test_a_movement_goes_its_own_way_only(
    engine: AsyncEngine, kind: LedgerKind, amount: int
) -> None:
    """A reservation never gives, a refund never takes, a commit does neither."""
    with pytest.raises(DBAPIError):
        await add(engine, kind, amount)
