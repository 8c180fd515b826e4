"""The loop that deletes messages goes on, whatever comes of one of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.privacy.erasing import GIVE_UP, Eraser
from storage.connection import make_engine, parse_url
from storage.database import Database

MESSAGE = 77
INSERT = text(
    "INSERT INTO erasures (message_id, channel_id, attempts, created_at, due_at) "
    "VALUES (:message, 5, 0, :moment, :moment)"
)


class Discord:
    """Deletes messages, or fails as it is told to, each time in the next way."""

    def __init__(self, *faults: Exception) -> None:
        self._faults: Iterator[Exception] = iter(faults)
        self.deleted = asyncio.Event()
        self.asked = asyncio.Event()

    def get_partial_messageable(self, _channel_id: int) -> "Discord":
        return self

    def get_partial_message(self, _message_id: int) -> "Discord":
        return self

    async def delete(self) -> None:
        self.asked.set()
        fault = next(self._faults, None)
        if fault is not None:
            raise fault
        self.deleted.set()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'restyle.db'}")
    await opened.upgrade()
    yield opened
    await opened.close()


async def to_be_deleted(tmp_path: Path, age: timedelta) -> None:
    """A message that was to go so long ago."""
    engine = make_engine(parse_url(f"sqlite:///{tmp_path / 'restyle.db'}"), lock_timeout_s=5)
    async with engine.begin() as connection:
        moment = (datetime.now(UTC) - age).replace(tzinfo=None).isoformat(" ")
        await connection.execute(INSERT, {"message": MESSAGE, "moment": moment})
    await engine.dispose()


async def test_what_nobody_foresaw_is_tried_again(tmp_path: Path, database: Database) -> None:
    await to_be_deleted(tmp_path, timedelta(seconds=1))
    client: Any = Discord(RuntimeError("nobody thought of this"))
    eraser = Eraser(client, database)
    eraser.start()
    async with asyncio.timeout(20):
        await client.deleted.wait()
        while await database.erasures.left():  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0.01)
    await eraser.close()


async def test_a_message_out_of_reach_is_given_up_in_the_end(
    tmp_path: Path, database: Database
) -> None:
    await to_be_deleted(tmp_path, GIVE_UP + timedelta(days=1))
    client: Any = Discord(OSError("away"))
    eraser = Eraser(client, database)
    assert await eraser.erase([MESSAGE]) == 0
    assert client.asked.is_set()
    assert not client.deleted.is_set()
