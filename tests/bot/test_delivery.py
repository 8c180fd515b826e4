"""Delivery when Discord balks: server errors, dead tokens, lost messages, size."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import discord
import pytest
from structlog.testing import capture_logs

from storage.records import JobStatus
from tests.bot.stage import Asked, Stage, shown, stage

BY_TOKEN = "/webhooks/*/*/messages/*"
AS_BOT = "/channels/*/messages/*"
TRIED_IN_VAIN = "an outcome not noted, next try soon"
GIVEN_UP = "job not ended, next try soon"


@asynccontextmanager
async def logged(event: str, *, times: int = 1) -> AsyncIterator[None]:
    """Wait, in the end, until the log has told ``event`` so many times since the beginning."""
    heard = asyncio.Event()
    count = 0

    def listen(_logger: Any, _method: str, line: Any) -> Any:
        nonlocal count
        count += line["event"] == event
        if count >= times:
            heard.set()
        return line

    with capture_logs(processors=[listen]):
        yield
        await heard.wait()


async def ended_while_locked(s: Stage, event: str, *, times: int = 1) -> Asked:
    """A job that ends while somebody holds SQLite's write lock, until the log tells ``event``."""
    s.engine.gate.clear()
    asked = await s.restyle()
    await asked.progress()
    with closing(sqlite3.connect(s.database_file, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        async with logged(event, times=times):
            s.engine.gate.set()
        holder.execute("ROLLBACK")
    return asked


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_server_error_is_outlasted(tmp_path: Path, status: int) -> None:
    async with stage(tmp_path) as s:
        s.engine.gate.clear()
        asked = await s.restyle()
        await asked.progress()
        # discord.py itself tries five times.
        s.world.env.inject_error("PATCH", BY_TOKEN, status=status, times=6)
        s.engine.gate.set()
        assert len((await asked.outcome()).attachments) == 1


@pytest.mark.parametrize(("status", "code"), [(401, 50027), (404, 10015), (404, 10062)])
async def test_with_a_dead_token_the_bot_edits_by_its_own_permission(
    tmp_path: Path, status: int, code: int
) -> None:
    async with stage(tmp_path) as s:
        s.world.env.inject_error("PATCH", BY_TOKEN, status=status, code=code, times=None)
        asked = await s.restyle()
        message = await asked.outcome()
        assert (await shown(message)).width > 64
        ways = [r.path for r in s.world.env.http_requests if r.method == "PATCH"]
        assert ways[-1].startswith("/channels/")


async def test_a_message_that_is_gone_is_given_up(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.world.env.inject_error("PATCH", BY_TOKEN, status=404, code=10008, times=None)
        asked = await s.restyle()
        await s.app.watch.outcome(asked.message_id)
        [attempt] = s.engine.attempts
        job = await s.app.database.jobs.get(attempt.key.partition(".")[0])
        # It was made and is kept; there is just no place to show it.
        assert job.status is JobStatus.DONE
        assert await s.app.database.outbox.due(discord.utils.utcnow(), 10) == []


async def test_a_result_that_is_too_large_is_made_smaller(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.gate.clear()
        asked = await s.restyle()
        await asked.progress()
        s.world.env.inject_error("PATCH", BY_TOKEN, status=413, code=40005, times=2)
        s.engine.gate.set()
        assert len((await asked.outcome()).attachments) == 1


async def test_a_result_that_could_not_be_told_is_told_after_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path, shutdown_grace_s=20.0, delivery_grace_s=0.0) as s:
        s.engine.gate.clear()
        asked = await s.restyle()
        await asked.progress()
        s.world.env.inject_error("PATCH", BY_TOKEN, status=500, times=None)
        s.world.env.inject_error("PATCH", AS_BOT, status=500, times=None)
        s.engine.gate.set()
        # Lets the running job finish, but not its delivery.
        await s.app.close()
        assert asked.message.content.startswith("Restyling")
        s.world.env.backend.faults.clear()
        await s.begin_again()
        assert len((await asked.outcome()).attachments) == 1
        assert s.engine.attempts == []
        assert "used 1 of 20" in await s.balance()


async def test_a_result_whose_bytes_are_gone_is_given_back_with_a_sentence(tmp_path: Path) -> None:
    """Somebody emptied the folder of pictures while Discord took nothing."""
    async with stage(tmp_path) as s:
        s.engine.gate.clear()
        asked = await s.restyle()
        await asked.progress()
        for way in (BY_TOKEN, AS_BOT):
            s.world.env.inject_error("PATCH", way, status=503, times=None)
        async with logged("delivery postponed"):
            s.engine.gate.set()
        for stored in (tmp_path / "images").glob("??/*"):
            stored.unlink()
        s.world.env.backend.faults.clear()
        told = await asked.outcome()
        assert told.attachments == []
        assert "did not let me show it" in told.content
        assert "used 0 of 20" in await s.balance()


async def test_a_result_that_fits_into_no_message_is_given_back_with_a_sentence(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as s:
        s.engine.gate.clear()
        asked = await s.restyle()
        await asked.progress()
        with closing(sqlite3.connect(s.database_file)) as database, database:
            database.execute("UPDATE jobs SET attachment_size_limit = 1")
        s.engine.gate.set()
        told = await asked.outcome()
        assert told.attachments == []
        assert "did not let me show it" in told.content
        assert "used 0 of 20" in await s.balance()


async def test_a_delivery_that_breaks_holds_up_no_other(tmp_path: Path) -> None:
    """Somebody's hands in the database have left a row that no code of ours can read."""
    async with stage(tmp_path, delivery_max_attempts=1) as s:
        s.engine.gate.clear()
        broken = await s.restyle()
        await broken.progress()
        job_id = s.engine.attempts[0].key.partition(".")[0]
        with closing(sqlite3.connect(s.database_file)) as database, database:
            database.execute("UPDATE jobs SET params = '{}' WHERE id = ?", (job_id,))
        fine = await s.restyle(s.world.bob)
        with capture_logs() as lines:
            s.engine.gate.set()
            assert len((await fine.outcome()).attachments) == 1
            # The loop is alive afterwards too.
            assert len((await s.result()).attachments) == 1
        assert job_id in [line["job"] for line in lines if line["event"] == "delivery broke"]


async def test_a_picture_is_kept_while_its_outcome_cannot_be_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is held for longer than a statement waits for it."""
    monkeypatch.setattr("bot.jobs.insistence.RETRY_S", 0.0)
    async with stage(tmp_path, database_lock_timeout_s=0.05) as s:
        asked = await ended_while_locked(s, TRIED_IN_VAIN, times=2)
        assert len((await asked.outcome()).attachments) == 1
        assert "used 1 of 20" in await s.balance()


async def test_a_database_that_stays_away_costs_a_refund_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.jobs.insistence.RETRY_S", 0.0)
    monkeypatch.setattr("bot.jobs.insistence.PATIENCE_S", 0.0)
    async with stage(tmp_path, database_lock_timeout_s=0.05) as s:
        asked = await ended_while_locked(s, GIVEN_UP)
        assert "not counted" in (await asked.outcome()).content
        assert "used 0 of 20" in await s.balance()
