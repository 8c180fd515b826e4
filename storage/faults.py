"""Turns what SQLAlchemy and the drivers raise into storage's own errors."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from storage.errors import DatabaseBroken, DatabaseRefused, DatabaseUnavailable, StorageError

# Primary result codes that mean the statement was at fault; see sqlite.org/rescode.html.
SQLITE_REFUSALS = {
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_TOOBIG,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_MISUSE,
    sqlite3.SQLITE_RANGE,
}
SQLITE_BREAKAGES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# Classes of SQLSTATE that mean the same: data, integrity, syntax or access, raised by a trigger.
POSTGRES_REFUSALS = {"22", "23", "42", "P0"}


@contextmanager
def translated() -> Iterator[None]:
    """Raise ``DatabaseUnavailable`` or a ``DatabaseRefused`` in place of a driver's error."""
    try:
        yield
    except PoolTimeoutError as error:
        raise DatabaseUnavailable("All connections to the database are busy.") from error
    except DBAPIError as error:
        raise _class_of(error.orig or error) from error
    except sqlite3.Error as error:
        # Raised while a connection is set up, where SQLAlchemy does not wrap it yet.
        raise _class_of(error) from error
    except SQLAlchemyError as error:
        raise DatabaseRefused(
            f"The database could not be asked ({type(error).__name__})."
        ) from error
    except OSError as error:
        raise DatabaseUnavailable(f"The database does not answer: {error}.") from error


def _class_of(error: BaseException) -> StorageError:
    sqlstate = str(getattr(error, "sqlstate", None) or "")
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        if (code & 0xFF) in SQLITE_BREAKAGES:
            return DatabaseBroken(f"The database's file is broken: {error}.")
        refused = (code & 0xFF) in SQLITE_REFUSALS
    else:
        refused = sqlstate[:2] in POSTGRES_REFUSALS
    if refused:
        # The driver's words may quote a value, so only the kind of error is told.
        kind = f"{type(error).__name__} {sqlstate}".rstrip()
        return DatabaseRefused(f"The database refused a statement ({kind}).")
    return DatabaseUnavailable(f"The database is not available: {error}.")
