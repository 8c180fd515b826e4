"""Turns what SQLAlchemy and the drivers raise into storage's own errors."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from storage.errors import DatabaseRefused, DatabaseUnavailable

# Primary result codes that mean the statement was at fault; see sqlite.org/rescode.html.
SQLITE_REFUSALS = {
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_TOOBIG,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_MISUSE,
    sqlite3.SQLITE_RANGE,
}
# Classes of SQLSTATE that mean the same: data, integrity, syntax or access, raised by a trigger.
POSTGRES_REFUSALS = {"22", "23", "42", "P0"}


@contextmanager
def translated() -> Iterator[None]:
    """Raise ``DatabaseUnavailable`` or ``DatabaseRefused`` in place of a driver's error."""
    try:
        yield
    except PoolTimeoutError as error:
        raise DatabaseUnavailable("All connections to the database are busy.") from error
    except DBAPIError as error:
        if _is_refusal(error):
            name = type(error.orig).__name__
            raise DatabaseRefused(f"The database refused a statement ({name}).") from error
        raise DatabaseUnavailable(f"The database is not available: {error.orig}.") from error
    except SQLAlchemyError as error:
        raise DatabaseRefused(
            f"The database could not be asked ({type(error).__name__})."
        ) from error
    except (ConnectionError, TimeoutError) as error:
        raise DatabaseUnavailable("The database does not answer.") from error


def _is_refusal(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        return (code & 0xFF) in SQLITE_REFUSALS
    sqlstate = getattr(error.orig, "sqlstate", None)
    if sqlstate is None:
        # The driver's own errors are about the connection, save for values it cannot send.
        return not error.connection_invalidated and "DataError" in type(error.orig).__name__
    return str(sqlstate)[:2] in POSTGRES_REFUSALS
