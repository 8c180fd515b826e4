"""Database URLs, and how connections are set up."""

import pytest
from sqlalchemy import text

from storage.connection import make_engine, parse_url
from storage.database import Database
from storage.errors import InvalidDatabaseUrl


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        ("sqlite:///restyle.db", "sqlite+aiosqlite:///restyle.db"),
        ("sqlite:////data/a b.db", "sqlite+aiosqlite:////data/a b.db"),
        ("postgresql://me:pw@host:5/db", "postgresql+asyncpg://me:pw@host:5/db"),
        ("postgresql+asyncpg://host/db", "postgresql+asyncpg://host/db"),
        ("postgres://host/db?sslmode=require", "postgresql+asyncpg://host/db?ssl=require"),
    ],
)
def test_a_url_gets_its_async_driver(given: str, parsed: str) -> None:
    """As operators write it, or with the driver."""
    assert parse_url(given).render_as_string(hide_password=False) == parsed


@pytest.mark.parametrize(
    "given", ["", "restyle.db", "mysql://host/db", "sqlite://", "sqlite:///:memory:"]
)
def test_a_url_that_names_no_usable_database_is_one_sentence(given: str) -> None:
    """Told before anything is opened."""
    with pytest.raises(InvalidDatabaseUrl, match=r"^[^\n]+\.$"):
        Database(given)


def test_a_password_is_in_no_error() -> None:
    """Even where the URL cannot be used."""
    with pytest.raises(InvalidDatabaseUrl) as caught:
        Database("mysql://me:geheim@host/db")
    assert "geheim" not in str(caught.value)


async def test_sqlite_is_set_up_for_durability(sqlite_url: str) -> None:
    """A write-ahead log, synced at each commit, foreign keys, and triggers without a gap."""
    engine = make_engine(parse_url(sqlite_url), lock_timeout_s=1.5)
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "busy_timeout")
    async with engine.connect() as connection:
        found = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar_one() for name in pragmas
        ]
    await engine.dispose()
    assert found == ["wal", 2, 1, 1, 1500]
