"""Real kills, a real full disk, a real lock: every accepted job is finished once or given back."""

import asyncio
import contextlib
import resource
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio

from bot.jobs.dispatcher import LAST_WORDS_S
from tests.small_disk import fill, small_disk
from tests.wire import Drop, Interaction, Message
from tests.wire.books import Books, Entry
from tests.wire.discord import shows_result
from tests.wire.scene import Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOCK_TIMEOUT_S = 1.5
# For all processes to end, on a machine that does much else.
ENDING_S = 12.0
BY_TOKEN = "/webhooks/*/*/messages/*"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    options: dict[str, Any] = {
        "previews": "false",
        "shutdown_grace_s": 20,
        "database_lock_timeout_s": LOCK_TIMEOUT_S,
    }
    async with Scene.open(tmp_path_factory.mktemp("crash"), **options) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def bot_runs(scene: Scene) -> AsyncIterator[None]:
    if not scene.bot.running:
        await scene.bot.restart()
    yield
    scene.discord.faults.clear()


async def shown(interaction: Interaction, scene: Scene) -> Message:
    await scene.discord.answered(interaction)
    assert interaction.message is not None
    return interaction.message


async def running(scene: Scene, message: Message) -> None:
    books = Books(scene.bot.data)
    await scene.discord.until(
        lambda: any(e.message_id == message.id and e.status == "running" for e in books.entries())
    )


async def over(scene: Scene, message: Message, timeout_s: float = 60) -> Entry:
    books = Books(scene.bot.data)

    def settled() -> bool:
        return any(e.message_id == message.id and not e.open for e in books.entries())

    await scene.discord.until(settled, timeout_s)
    return books.entry(message.id)


def finished_once(scene: Scene, entry: Entry) -> bool:
    showing = [
        m for m in scene.discord.world.messages.values() if shows_result(m) and entry.id in str(m)
    ]
    return len(showing) == 1 and (entry.charged, entry.reserved, entry.settled) == (1, 1, 1)


@pytest.mark.parametrize("victim", ["bot", "engine", "both", "machine"])
async def test_a_kill_while_a_job_runs(scene: Scene, victim: str) -> None:
    message = await shown(await scene.restyle("slow"), scene)
    await running(scene, message)
    if victim == "machine":
        # All there is at once, as when the machine goes down.
        scene.bot.kill_below()
    elif victim != "bot":
        assert scene.bot.kill_engine()
    if victim != "engine":
        await scene.bot.restart()
    entry = await over(scene, message)
    assert finished_once(scene, entry)
    assert entry.attempt == 2


async def test_a_kill_after_discord_had_the_result_and_before_the_bot_knew(scene: Scene) -> None:
    scene.discord.faults.add("PATCH", BY_TOKEN, Drop("after"), matching=lambda n: n > 50_000)
    asked = await scene.restyle("huge")
    await scene.discord.result(asked)
    # It tries again after a second, and does not live that long.
    await scene.bot.restart()
    entry = await over(scene, await shown(asked, scene))
    assert entry.delivery == "delivered"
    assert finished_once(scene, entry)


async def test_the_engine_and_the_decoders_die_with_their_bot(scene: Scene) -> None:
    below = [psutil.Process(pid) for pid in scene.bot.engine_pids() + scene.bot.intake_pids()]
    assert len(below) >= 2
    await scene.bot.kill()
    await asyncio.to_thread(psutil.wait_procs, below, 10)
    assert [process for process in below if process.is_running()] == []


async def test_a_poisonous_job_fails_after_three_attempts_and_the_next_is_made(
    scene: Scene,
) -> None:
    message = await shown(await scene.restyle("poison"), scene)
    entry = await over(scene, message)
    assert (entry.status, entry.attempt, entry.charged) == ("failed", 3, 0)
    await scene.discord.until(lambda: "not counted" in message.content)
    await scene.discord.result(await scene.restyle())


async def test_a_job_during_which_the_bot_dies_three_times_fails_and_the_next_is_made(
    scene: Scene,
) -> None:
    message = await shown(await scene.restyle("slow"), scene)
    await running(scene, message)
    books = Books(scene.bot.data)
    for attempt in (1, 2, 3):

        def runs(attempt: int = attempt) -> bool:
            entry = books.entry(message.id)
            return (entry.status, entry.attempt) == ("running", attempt)

        await scene.discord.until(runs)
        await scene.bot.restart()
    # Had the engine been handed it a fourth time, it would be done.
    entry = await over(scene, message)
    assert (entry.status, entry.charged) == ("failed", 0)
    assert (entry.reserved, entry.settled) == (1, 1)
    assert entry.delivery == "delivered"
    assert entry.told is not None
    assert message.content == f"{entry.told} This one was not counted."
    await scene.discord.result(await scene.restyle())
    assert books.entry(message.id) == entry


async def test_a_stop_lets_running_jobs_finish_and_tells_those_who_wait(scene: Scene) -> None:
    first = [await shown(await scene.restyle("slow"), scene) for _ in range(2)]
    for message in first:
        await running(scene, message)
    waits = await shown(await scene.restyle("slow"), scene)
    await scene.discord.until(lambda: "Queued" in waits.content)
    scene.bot.discord.log.calls.clear()
    assert await scene.bot.stop() == 0
    books = Books(scene.bot.data)
    assert all(finished_once(scene, books.entry(message.id)) for message in first)
    assert "restarted" in waits.content
    assert books.entry(waits.id).status == "queued"
    await scene.bot.restart()
    assert finished_once(scene, await over(scene, waits))


async def test_a_stop_takes_no_longer_than_it_may_and_loses_nothing(tmp_path: Path) -> None:
    """What runs longer is let go, its members told; after the start it is made once."""
    async with Scene.open(tmp_path, shutdown_grace_s=1, previews="false") as scene:
        runs = [await shown(await scene.restyle("slow"), scene) for _ in range(2)]
        for message in runs:
            await running(scene, message)
        waits = await shown(await scene.restyle("slow"), scene)
        await scene.discord.until(lambda: "Queued" in waits.content)
        began = time.monotonic()
        assert await scene.bot.stop() == 0
        # The grace and what may be said after it; each job alone takes four seconds.
        assert time.monotonic() - began < 1 + LAST_WORDS_S + ENDING_S
        books = Books(scene.bot.data)
        for message in (*runs, waits):
            assert "restarted" in message.content
            assert books.entry(message.id).open
        await scene.bot.restart()
        for message in (*runs, waits):
            entry = await over(scene, message)
            assert finished_once(scene, entry)
            assert entry.attempt == (1 if message is waits else 2)


async def test_a_locked_database_is_waited_for(scene: Scene) -> None:
    asked = await scene.restyle("slow")
    message = await shown(asked, scene)
    await running(scene, message)
    seen = len(scene.bot.log)
    db = sqlite3.connect(scene.bot.data / "restyle.db", isolation_level=None, timeout=10)
    with contextlib.closing(db):
        db.execute("BEGIN IMMEDIATE")
        # Held until the bot could not note how the job ended.
        await scene.discord.until(lambda: "database is locked" in scene.bot.log[seen:])
        db.execute("ROLLBACK")
    assert finished_once(scene, await over(scene, message))


async def test_a_full_disk_gives_back_what_it_cannot_keep(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk"):
        async with Scene.open(tmp_path / "bot", data=tmp_path / "disk") as scene:
            message = await shown(await scene.restyle("slow"), scene)
            await running(scene, message)
            filler = fill(tmp_path / "disk")
            refused = await scene.restyle()
            await scene.discord.until(lambda: refused.follow_ups)
            await scene.discord.until(lambda: "not stored" in scene.bot.log or message.attachments)
            filler.unlink()
            entry = await over(scene, message)
            assert entry.reserved == 1
            assert entry.charged == (entry.status == "done")
            # And from then on all is as before.
            await scene.discord.result(await scene.restyle())


async def test_a_file_that_may_not_grow_gives_back_what_it_cannot_keep(tmp_path: Path) -> None:
    async with Scene.open(tmp_path / "bot", begin=False) as scene:
        # The database fits, and so does a small picture; one of some megabytes does not.
        most = 400_000
        scene.bot.limits = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        await scene.bot.start()
        await scene.bot.ready()
        message = await shown(await scene.restyle("vast"), scene)
        entry = await over(scene, message)
        assert (entry.status, entry.charged, entry.reserved) == ("failed", 0, 1)
        assert "could not be stored" in message.content
        assert finished_once(scene, await over(scene, await shown(await scene.restyle(), scene)))


async def test_sigterm_while_it_starts_ends_it(scene: Scene) -> None:
    await scene.bot.kill()
    await scene.bot.start()
    assert await scene.bot.kill(signal.SIGTERM) in (0, -signal.SIGTERM)
