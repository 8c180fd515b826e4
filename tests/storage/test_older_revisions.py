"""From every earlier revision with data in every table, an upgrade loses nothing.

The rows are made from what the database itself says of its tables at that revision, so a revision
that is added later is tried without a line here.
"""

import re
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, inspect, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from storage.connection import make_parent_folder, parse_url
from storage.migrations.upgrading import alembic_config
from tests.storage.test_migrations import differences, on_connection, upgrade

MOMENT = datetime(2025, 6, 1, 12, 30, tzinfo=UTC)
APPEND_ONLY = ("ledger", "audit_log")
Rows = dict[str, list[dict[str, Any]]]


def revisions() -> list[str]:
    """All revisions, the oldest first."""
    config = alembic_config(sa.create_engine("sqlite://").connect())
    scripts = ScriptDirectory.from_config(config)
    return [script.revision for script in scripts.walk_revisions()][::-1]


def tables(connection: Connection) -> list[Table]:
    """What the database has, those that are referred to first."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def choices(connection: Connection, table: str) -> dict[str, str]:
    """By column: one of the words that its check allows."""
    found = {}
    for check in inspect(connection).get_check_constraints(table):
        column = (check["name"] or "").removeprefix(f"ck_{table}_")
        if words := re.findall(r"'(\w+)'", check["sqltext"]):
            found[column] = words[0]
    return found


def row_for(table: Table, words: dict[str, str], number: int, numbers: int) -> dict[str, Any]:
    """A row with something in every column that may have it."""
    row: dict[str, Any] = {}
    for column in table.columns:
        kind = column.type
        if column.foreign_keys:
            [key] = column.foreign_keys
            row[column.name] = None if key.column.table is table else f"{key.column.name}{number}"
        elif column.name in words:
            row[column.name] = words[column.name]
        elif isinstance(kind, sa.Boolean):
            row[column.name] = True
        elif isinstance(kind, sa.Integer):
            row[column.name] = number if column.primary_key else numbers
        elif isinstance(kind, sa.Float | sa.Numeric):
            row[column.name] = 1.5
        elif isinstance(kind, sa.DateTime):
            aware = getattr(kind, "timezone", False)
            row[column.name] = MOMENT if aware else MOMENT.replace(tzinfo=None)
        elif isinstance(kind, sa.Date):
            row[column.name] = date(2025, 6, 1)
        elif isinstance(kind, sa.JSON):
            row[column.name] = {"kept": number}
        else:
            row[column.name] = f"{column.name}{number}"
    return row


def fill(connection: Connection) -> None:
    """Put two rows into every table."""
    for table in tables(connection):
        # Triggers may have filled one along with another.
        if len(connection.execute(select(table)).all()) == 2:
            continue
        words = choices(connection, table.name)
        for number in (1, 2):
            # A check may want more than nothing, or less.
            for numbers in (number, -number):
                try:
                    with connection.begin_nested():
                        connection.execute(
                            table.insert().values(row_for(table, words, number, numbers))
                        )
                    break
                except IntegrityError:
                    if numbers < 0:
                        raise


def contents(connection: Connection) -> Rows:
    """Everything in it."""
    found: Rows = {}
    for table in tables(connection):
        rows = connection.execute(select(table)).mappings()
        found[table.name] = sorted((dict(row) for row in rows), key=repr)
    return found


@pytest.mark.parametrize("revision", revisions()[:-1])
async def test_an_upgrade_keeps_every_row(empty_url: str, revision: str) -> None:
    """Each table still has its rows, and each row what stood in the columns that are left."""

    def begin(connection: Connection) -> Rows:
        command.upgrade(alembic_config(connection), revision)
        fill(connection)
        return contents(connection)

    make_parent_folder(parse_url(empty_url))
    before: Rows = await on_connection(empty_url, begin)
    assert all(len(rows) == 2 for rows in before.values()), "every table was filled"
    await upgrade(empty_url)
    after: Rows = await on_connection(empty_url, contents)
    assert await on_connection(empty_url, differences) == []
    for name, rows in before.items():
        kept = [{key: row[key] for key in old} for old, row in _pairs(rows, after[name])]
        assert kept == rows, name


def _pairs(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Old and new rows side by side; the old columns decide the order."""
    known = sorted(after, key=lambda row: repr({key: row[key] for key in before[0]}))
    return list(zip(before, known, strict=True))


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("revision", revisions()[:-1])
async def test_what_is_append_only_stays_so(empty_url: str, revision: str, table: str) -> None:
    """A revision that had to lift the ban for a moment laid it down again."""
    make_parent_folder(parse_url(empty_url))
    await on_connection(
        empty_url, lambda connection: command.upgrade(alembic_config(connection), revision)
    )
    await upgrade(empty_url)
    await on_connection(empty_url, fill)
    rows = sa.table(table, sa.column("reason"))
    for statement in (rows.update().values(reason="x"), rows.delete()):
        with pytest.raises(DBAPIError, match="append-only"):
            await on_connection(empty_url, partial(Connection.execute, statement=statement))
