"""`restyle db …`: what is said, and the exit code, when all is well and when not."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.bot.cli.running import refusal, restyle
from tests.storage.test_migrations import on_connection
from tests.storage.test_upgrade_safety import OLDER, older


def execute(file: Path, *statements: str) -> None:
    """Change a database from outside, with no rule in the way."""
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_a_database_is_made_copied_and_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "data" / "restyle.db"
    assert "There is no database" in refusal(restyle(tmp_path, "db", "backup", "copy.db"))
    made = restyle(tmp_path, "db", "upgrade")
    assert (made.returncode, made.stdout) == (0, "The database is up to date.\n")
    copied = restyle(tmp_path, "db", "backup", "copy.db")
    assert (copied.returncode, copied.stdout) == (0, "The database was copied to copy.db.\n")
    assert "is there already" in refusal(restyle(tmp_path, "db", "backup", "copy.db"))
    well = restyle(tmp_path, "db", "check")
    assert (well.returncode, well.stdout) == (0, "0 findings.\n")
    execute(
        file,
        "INSERT INTO outbox (job_id, kind, state, attempts, created_at, due_at) "
        "VALUES ('nobody', 'done', 'pending', 0, '2026-01-01', '2026-01-01')",
    )
    broken = restyle(tmp_path, "db", "check")
    assert broken.returncode == 1
    assert broken.stdout.splitlines()[-1] == "1 findings."
    assert "outbox" in broken.stdout


def test_an_older_database_is_kept_and_a_newer_one_refused(tmp_path: Path) -> None:
    file = tmp_path / "data" / "restyle.db"
    file.parent.mkdir()
    asyncio.run(on_connection(f"sqlite:///{file}", older))
    done = restyle(tmp_path, "db", "upgrade")
    kept = f"{file}.revision-{OLDER}"
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [f"The database as it was is kept as {kept}.", "The database is up to date."],
    )
    execute(file, "UPDATE alembic_version SET version_num = '9999'")
    assert "written by a newer one" in refusal(restyle(tmp_path, "db", "upgrade"))
    assert "written by a newer one" in refusal(restyle(tmp_path, "db", "upgrade", "--yes"))


def test_what_cannot_be_copied_or_looked_at_says_so(tmp_path: Path) -> None:
    postgres = {"RESTYLE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    said = refusal(restyle(tmp_path, "db", "backup", "copy.db", **postgres))
    assert said == "A PostgreSQL database is backed up with pg_dump."
    for words in (("db", "upgrade"), ("db", "check")):
        assert "does not answer" in refusal(restyle(tmp_path, *words, **postgres))
    assert restyle(tmp_path, "db", "upgrade").returncode == 0
    said = refusal(restyle(tmp_path, "db", "backup", "nowhere/copy.db"))
    assert said.startswith("The backup could not be written: ")
