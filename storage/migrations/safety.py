"""What is looked at before a database is upgraded, and the copy that is kept of it."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL

from storage.backup import copy_file
from storage.errors import DatabaseRefused, DatabaseUnavailable

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script

# A revision that must not happen unasked has this name in its module, with a sentence that says
# what the operator should know: that it takes long, or that something is not kept.
ASK_FIRST = "ask_first"
UNKNOWN = (
    "The database has a schema that this version of Restyle does not know; "
    "it was probably written by a newer one."
)


def pending(config: "Config", current: str) -> "list[Script]":
    """The revisions that are still to be made after ``current``, the oldest first.

    Raises:
        DatabaseRefused: ``current`` is none of ours.
    """
    # Alembic is imported by those only who have something to upgrade.
    from alembic.script import ScriptDirectory
    from alembic.script.revision import RevisionError
    from alembic.util import CommandError

    scripts = ScriptDirectory.from_config(config)
    try:
        between = scripts.iterate_revisions("head", current)
        return [script for script in between if script.revision != current][::-1]
    except (CommandError, RevisionError) as error:
        raise DatabaseRefused(UNKNOWN) from error


def require_safe(revisions: "Sequence[Script]") -> None:
    """Refuse what an operator must be asked about first.

    Raises:
        DatabaseRefused: One of ``revisions`` says so; the sentence is its own.
    """
    for script in revisions:
        if reason := getattr(script.module, ASK_FIRST, None):
            raise DatabaseRefused(
                f"The database is not upgraded to revision {script.revision} unasked: {reason} "
                "If you want that, run `restyle db upgrade --yes`."
            )


def keep_copy(url: URL, current: str) -> Path | None:
    """Copy an SQLite file at revision ``current`` to one beside it, in place of an older copy.

    None when another process was quicker and the file has another revision already. What fails
    leaves the database as it is and the upgrade undone.

    Raises:
        DatabaseUnavailable: The copy cannot be written.
    """
    source = Path(url.database or "")
    copy = source.with_name(f"{source.name}.revision-{current}")
    fresh = source.with_name(f"{copy.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        copy_file(source, fresh)
        with closing(sqlite3.connect(fresh)) as connection:
            [found] = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if found != current:
            fresh.unlink()
            return None
        fresh.replace(copy)
    except (OSError, sqlite3.Error) as error:
        fresh.unlink(missing_ok=True)
        raise DatabaseUnavailable(
            f"The database is not upgraded, since no copy of it can be kept: {error}."
        ) from error
    return copy
