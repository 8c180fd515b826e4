"""Every route that the bot calls answers with a server error once, and no job is lost by it."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.wire import Drop, Member, Reply, Upload
from tests.wire.books import Books
from tests.wire.discord import shows_result
from tests.wire.faults import Fault
from tests.wire.scene import PHOTO, Scene
from tests.wire.world import Channel, Message

# All that a bot of all servers ever calls; a route that is missing here fails the test.
ROUTES = {
    "GET /users/@me",
    "GET /oauth2/applications/@me",
    "PUT /applications/N/commands",
    "POST /interactions/N/T/callback",
    "POST /webhooks/N/T",
    "GET /webhooks/N/T/messages/@original",
    "PATCH /webhooks/N/T/messages/@original",
    "PATCH /webhooks/N/T/messages/N",
    "DELETE /webhooks/N/T/messages/@original",
    "GET /channels/N/messages",
    "GET /channels/N/messages/N",
    "POST /channels/N/messages",
    "PATCH /channels/N/messages/N",
    "DELETE /channels/N/messages/N",
    "GET /guilds/N/members/N",
    "POST /users/@me/channels",
}
OF_A_GUILD = "PUT /applications/N/guilds/N/commands"
OF_SHARDS = "GET /gateway/bot"
EVERYTHING = str((1 << 53) - 1)
OLD_S = 14.5 * 60
START_S = 100.0


class Met:
    """Lets the first call of each route meet a status."""

    def __init__(self, status: int) -> None:
        self.routes: set[str] = set()
        self._status = status

    def storm(self, method: str, path: str) -> Fault | None:
        route = route_of(method, path)
        if route in self.routes:
            return None
        self.routes.add(route)
        return Reply(self._status)


def route_of(method: str, path: str) -> str:
    """The route of a call: numbers as N, a token as T."""
    path = re.sub(r"^(/(?:webhooks|interactions)/\d+)/[^/]+", r"\1/T", path)
    return f"{method} {re.sub(r'/[0-9]+', '/N', path)}"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_server_error_on_every_route(tmp_path: Path, status: int) -> None:
    options: dict[str, Any] = {"daily_quota": 1000, "previews": "false"}
    async with Scene.open(tmp_path, begin=False, **options) as scene:
        met = Met(status)
        scene.discord.faults.storm = met.storm
        # The bot hears of no channel that is made after its start.
        desk = scene.discord.channel(scene.guild)
        await scene.bot.start()
        # Each error at the start costs a pause and a new client.
        await scene.bot.ready(START_S)
        await scene.discord.connected()
        mona = scene.discord.member("Mona", permissions=EVERYTHING)
        message = await _result(scene)
        await _ways_of_delivery(scene)
        await _sentences(scene)
        if status != 503:
            # discord.py itself tries a deletion again after these, but not after a 503. Only where
            # one failed does the bot look whether the message is still there.
            scene.discord.faults.add("DELETE", "/channels/*/messages/*", Reply(503))
        await _moderation(scene, mona, message, desk)
        await _forgetting(scene)
        assert met.routes == ROUTES
        books = Books(scene.bot.data)
        await scene.discord.until(lambda: not any(entry.open for entry in books.entries()))
        shown = [m for m in scene.discord.world.messages.values() if shows_result(m)]
        for entry in books.entries():
            assert (entry.reserved, entry.settled) == (1, 1)
            assert entry.charged == (entry.status == "done")
            assert sum(entry.id in str(m.components) for m in shown) <= 1


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_server_error_where_commands_are_for_chosen_servers_and_shards_are_asked_for(
    tmp_path: Path, status: int
) -> None:
    """``RESTYLE_GUILD_IDS``: each of them gets the commands for itself, and others none.

    ``RESTYLE_SHARDS=auto``: Discord is asked how many there shall be.
    """
    async with Scene.open(tmp_path, begin=False, previews="false", shards="auto") as scene:
        met = Met(status)
        scene.discord.faults.storm = met.storm
        scene.bot.settings["guild_ids"] = str(scene.guild.id)
        await scene.bot.start()
        await scene.bot.ready(START_S)
        await _result(scene)
        assert {OF_A_GUILD, OF_SHARDS} <= met.routes <= {*ROUTES, OF_A_GUILD, OF_SHARDS}
        puts = scene.discord.log.to("PUT", f"/guilds/{scene.guild.id}/commands")
        asked = scene.discord.log.to("GET", "/gateway/bot")
        for calls in (puts, asked):
            assert [call.status for call in calls][:2] == [status, 200]


async def _result(scene: Scene, **options: Any) -> Message:
    return await scene.discord.result(await scene.restyle(**options))


async def _ways_of_delivery(scene: Scene) -> None:
    """By the bot's own permission, and as a new post."""
    words = {"image": Upload(PHOTO), "prompt": "an oil painting"}
    discord = scene.discord
    old = await discord.slash(scene.alice, scene.channel, "restyle", age_s=OLD_S, **words)
    await discord.result(old)
    discord.rest.names_message = False
    before = len(discord.world.messages)
    await discord.slash(scene.alice, scene.channel, "restyle", age_s=OLD_S, **words)
    await discord.until(
        lambda: any(shows_result(m) for m in list(discord.world.messages.values())[before:])
    )
    discord.rest.names_message = True
    # Nobody knows whether the acknowledgement was heard: it is asked.
    discord.faults.add("POST", "/interactions/*/*/callback", Drop("after"))
    asked = await scene.restyle()
    await discord.until(lambda: asked.told() or (asked.message and shows_result(asked.message)))


async def _sentences(scene: Scene) -> None:
    refused = await scene.restyle(image=Upload(PHOTO, how="gone"))
    await scene.discord.until(lambda: refused.follow_ups)
    await scene.discord.until(lambda: refused.message is not None and refused.message.deleted)
    # Without a picture it looks for one in the channel.
    await _result(scene, image=None)


async def _moderation(scene: Scene, mona: Member, message: Message, desk: Channel) -> None:
    discord = scene.discord
    await discord.answered(await discord.slash(mona, scene.channel, "mod usage"))
    await discord.until(lambda: discord.log.to("GET", "/guilds/"))
    chosen = await discord.slash(mona, scene.channel, "mod set report-channel", channel=desk)
    await discord.says(chosen, str(desk.id))
    otto = discord.member("Otto")

    def cards() -> list[Message]:
        messages = discord.world.messages.values()
        return [m for m in messages if m.channel == desk and "Report #" in m.text()]

    form = await discord.answered(await discord.press(otto, message, "report"))
    await discord.submit_modal(form, reason="not nice")
    await discord.until(cards)
    pressed = await discord.press(mona, cards()[0], "remove")
    await discord.until(lambda: "Removed by" in cards()[0].text())
    assert cards()[0].components
    # The deletion failed, so the card asks for it again.
    await discord.press(mona, cards()[0], "remove")
    await discord.until(lambda: not cards()[0].components)
    assert pressed.answered
    # The first deletion met its error; a second report shows that the next one is obeyed.
    other = await _result(scene)
    form = await discord.answered(await discord.press(otto, other, "report"))
    await discord.submit_modal(form, reason="not nice either")
    await discord.until(lambda: len(cards()) == 2)
    await discord.press(mona, cards()[1], "remove")
    await discord.until(lambda: other.deleted)
    await discord.until(lambda: discord.log.to("POST", "/users/@me/channels"))


async def _forgetting(scene: Scene) -> None:
    discord = scene.discord
    bob = discord.member("Bob")
    await _result(scene, member=bob)
    asked = await discord.answered(await discord.slash(bob, scene.channel, "privacy delete"))
    await discord.until(lambda: asked.message is not None and asked.message.components)
    assert asked.message is not None
    await discord.press(bob, asked.message, "Delete everything")
    await discord.until(
        lambda: not any(e.user_id == bob.id for e in Books(scene.bot.data).entries())
    )
