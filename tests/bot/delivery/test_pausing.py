"""Who is told at the end of the bot that a picture waits: whose job has no outcome, once."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bot.delivery.courier import Courier
from bot.delivery.pausing import PauseNotices
from tests.bot.stage import Stage, stage
from tests.storage.making import result

PAUSED = "I am being restarted."
# For an edit that must not come.
LOOK_S = 0.3


def notices(s: Stage) -> PauseNotices:
    """What the dispatcher of the stage's bot says in the end."""
    return PauseNotices(s.app.database, s.app.announcements, Courier(s.world.env.bot))


def pauses(s: Stage) -> list[str]:
    """The ways of all edits that said so."""
    edits = [r for r in s.world.env.http_requests if r.method == "PATCH"]
    return [edit.path for edit in edits if PAUSED in str(edit)]


async def test_a_finished_picture_is_not_covered(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        message = await s.result()
        await notices(s).tell([s.job_of(message)])
        assert pauses(s) == []


async def test_a_picture_whose_end_is_just_being_written_is_not_covered(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        s.engine.gate.clear()
        asked = await s.restyle()
        await asked.progress()
        [job_id] = [attempt.key.partition(".")[0] for attempt in s.engine.attempts]
        with closing(sqlite3.connect(s.database_file, isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            ending = asyncio.create_task(s.app.database.jobs.complete(job_id, 1, result()))
            await asyncio.sleep(0)
            # As the dispatcher lets go of a job; it is written nevertheless.
            ending.cancel()
            telling = asyncio.create_task(notices(s).tell([job_id]))
            await asyncio.wait((telling,), timeout=LOOK_S)
            holder.execute("ROLLBACK")
        await telling
        assert (await s.app.database.jobs.get(job_id)).status == "done"
        assert pauses(s) == []


async def test_jobs_of_one_message_are_told_of_once_and_after_the_token_has_ended(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, shutdown_grace_s=0.1) as s:
        s.engine.gate.clear()
        asked = await s.restyle(count=2)
        await asked.progress()
        database = s.app.database
        pair = await database.jobs.group((await database.members.shown_in(asked.message_id))[0])
        assert len(pair) == 2
        # The world's clock stands still in the past, so the token's time is over.
        assert pair[0].interaction_expires_at < datetime.now(UTC)
        await s.app.close()
        assert PAUSED in asked.message.content
        [way] = pauses(s)
        assert way.startswith("/channels/")
