"""Delivery when Discord balks: server errors, dead tokens, lost messages, size."""

from pathlib import Path

import discord
import pytest

from storage.records import JobStatus
from tests.bot.stage import shown, stage

BY_TOKEN = "/webhooks/*/*/messages/*"
AS_BOT = "/channels/*/messages/*"


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
