"""Notes how a job ended in a database that may be away: what was made is not thrown away for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from storage.errors import DatabaseUnavailable, StorageError

T = TypeVar("T")

log = structlog.get_logger(__name__)

RETRY_S = 1.0
# For longer than that no picture is kept in memory, and no slot held, for a database.
PATIENCE_S = 120.0


async def keep_trying(note: Callable[[], Awaitable[T]]) -> T:
    """Do ``note``, again and again while the database is away, for ``PATIENCE_S`` seconds.

    Raises:
        DatabaseUnavailable: It was away for all that time.
        StorageError: What was noted was refused.
    """
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        try:
            return await note()
        except DatabaseUnavailable as error:
            if asyncio.get_running_loop().time() > deadline:
                raise
            log.error("an outcome not noted, next try soon", error=str(error))
            await asyncio.sleep(RETRY_S)


async def insist(note: Callable[[], Awaitable[object]]) -> None:
    """Do ``note``, which gives a job's credits back, however long the database is away."""
    while True:
        try:
            await note()
        except StorageError as error:
            log.error("job not ended, next try soon", error=str(error))
            await asyncio.sleep(RETRY_S)
        else:
            return
