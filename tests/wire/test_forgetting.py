"""`/privacy delete` reaches Discord in the end, through outages, dropped connections and a kill."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
import pytest_asyncio

from tests.wire import Drop, Message
from tests.wire.faults import Reply
from tests.wire.scene import Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

DELETING = "/channels/*/messages/*"
AWAY = Reply(503)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with Scene.open(tmp_path_factory.mktemp("forget"), previews="false") as opened:
        yield opened


async def made_and_forgotten(scene: Scene) -> tuple[Message, str]:
    """A result of a member who has everything deleted, and what they are told."""
    message = await scene.discord.result(await scene.restyle())
    asked = await scene.discord.slash(scene.alice, scene.channel, "privacy delete")
    await scene.discord.answered(asked)
    assert asked.message is not None
    answer = asked.message
    await scene.discord.press(scene.alice, answer, "Delete everything")
    await scene.discord.until(lambda: "Deleted: 1 job." in answer.text())
    return message, answer.text()


def left(scene: Scene) -> int:
    file = f"file:{scene.bot.data / 'restyle.db'}?mode=ro"
    with closing(sqlite3.connect(file, uri=True, timeout=20)) as db:
        return int(db.execute("SELECT count(*) FROM erasures").fetchone()[0])


async def gone(scene: Scene, message: Message) -> None:
    await scene.discord.until(lambda: message.deleted, 40)
    await scene.discord.until(lambda: left(scene) == 0)


async def test_what_goes_at_once_is_told_as_gone(scene: Scene) -> None:
    message, told = await made_and_forgotten(scene)
    assert "still to go" not in told
    await gone(scene, message)


async def test_a_message_that_is_gone_already_is_no_trouble(scene: Scene) -> None:
    scene.discord.faults.add("DELETE", DELETING, Reply(404, 10008, "Unknown Message"))
    _message, told = await made_and_forgotten(scene)
    assert "still to go" not in told
    await scene.discord.until(lambda: left(scene) == 0)


async def test_discord_is_away_for_a_while(scene: Scene) -> None:
    scene.discord.faults.add("DELETE", DELETING, AWAY)
    scene.discord.faults.add("DELETE", DELETING, Drop("before"))
    scene.discord.faults.add("DELETE", DELETING, Reply(403, 50001, "Missing Access"))
    message, told = await made_and_forgotten(scene)
    assert "1 message is still to go" in told
    await gone(scene, message)


async def test_the_bot_is_killed_between(scene: Scene) -> None:
    scene.discord.faults.add("DELETE", DELETING, AWAY, times=10_000)
    message, told = await made_and_forgotten(scene)
    assert "1 message is still to go" in told
    await scene.bot.kill()
    assert (message.deleted, left(scene)) == (False, 1)
    scene.discord.faults.clear()
    await scene.bot.restart()
    await gone(scene, message)
