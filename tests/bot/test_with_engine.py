"""The real bot with the real engine process, which is killed in the middle of a job."""

import os
import signal
from pathlib import Path

import pytest

from engine.client import EngineOptions, LocalEngine
from storage.records import JobStatus
from tests.bot.stage import shown, stage

pytestmark = pytest.mark.engine


async def test_killed_mid_job_the_picture_still_comes_and_is_counted_once(tmp_path: Path) -> None:
    engine = LocalEngine(EngineOptions(device="cpu"))
    async with stage(tmp_path, engine=engine) as s:
        asked = await s.restyle(strength="1.0")
        message = await asked.progress()
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)
        message = await asked.outcome()
        assert (await shown(message)).width > 64
        job = await s.app.database.jobs.get(s.job_of(message))
        assert (job.status, job.attempt) == (JobStatus.DONE, 2)
        assert engine.health().restarts == 1
        assert "used 1 of 20" in await s.balance()
        varied = await (await s.press(message, "Vary subtle")).outcome()
        assert (await shown(varied)).size == (await shown(message)).size
