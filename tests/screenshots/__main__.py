"""Plays one conversation with the real bot, and keeps a picture of each kind of message."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import discord
import simcord

import bot.demo
from bot.application import Application
from bot.demo.world import World, demo_world
from bot.log import configure_logging
from tests.bot.stage import agreeing_to_price, settings_in
from tests.screenshots.album import Album, album_of
from tests.screenshots.sketch_engine import SketchEngine

PHOTOS = Path(bot.demo.__file__).parent / "photos"
STAFF = discord.Permissions(
    manage_guild=True, moderate_members=True, manage_messages=True, view_channel=True
)
OIL = "an oil painting of a cat, thick brush strokes"
# Stands in every message with results, and in none before them.
OUTCOME = "seed "


@dataclass
class Player:
    """Acts for Alice, who is a moderator of the demo's guild."""

    world: World
    engine: SketchEngine
    album: Album

    async def restyle(self, **options: Any) -> simcord.InteractionResult:
        photo = ("cat.jpg", (PHOTOS / "cat.jpg").read_bytes())
        given = {"image": photo, "prompt": OIL, "seed": 7} | options
        return await self.world.alice.slash(self.world.channel, "restyle", **given)

    async def outcome(self, asked: simcord.InteractionResult) -> discord.Message:
        assert asked.response is not None
        await self.world.app.watch.outcome(asked.response.id)
        return asked.response.message

    async def press(self, message: discord.Message, label: str) -> simcord.InteractionResult:
        asked = await self.world.alice.click(message, label=label)
        shown = asked.response
        if shown is not None and (agreeing := agreeing_to_price(shown.message)):
            await self.album.take("price", shown.message)
            return await self.world.alice.click(shown, custom_id=agreeing)
        return asked

    async def answer(self, name: str, path: str, **options: Any) -> discord.Message:
        """Use a command and keep a picture of what it answers."""
        asked = await self.world.alice.slash(self.world.channel, path, **options)
        return await self.take(name, asked)

    async def take(self, name: str, asked: simcord.InteractionResult) -> discord.Message:
        reply = asked.response or asked.followups[-1]
        await self.album.take(name, reply.message)
        return reply.message


async def waiting(p: Player) -> discord.Message:
    """A job that runs and one that waits; the first one's result."""
    p.engine.gate.clear()
    running = await p.restyle(size="medium", strength="0.8")
    assert running.response is not None
    queued = await p.world.bob.slash(
        p.world.channel,
        "restyle",
        image=("cat.jpg", (PHOTOS / "cat.jpg").read_bytes()),
        prompt="a pencil sketch",
    )
    assert queued.response is not None
    while not running.response.message.attachments:  # noqa: ASYNC110  # simcord tells of nothing
        await asyncio.sleep(0.05)
    await p.album.take("queued", queued.response.message)
    await p.album.take("progress", running.response.message)
    p.engine.gate.set()
    result = await p.outcome(running)
    await p.outcome(queued)
    await p.album.take("result", result, OUTCOME)
    return result


async def going_on(p: Player, result: discord.Message) -> None:
    """What the buttons of a result make and show."""
    strip = await p.outcome(await p.press(result, "Strength strip"))
    await p.album.take("strip", strip, OUTCOME)
    varied = await p.outcome(await p.press(result, "Vary subtle"))
    compared = await p.press(varied, "Compare")
    await p.take("compare", compared)
    more = await p.press(varied, "⋯")
    shown = await p.take("more", more)
    await p.take("back", await p.press(shown, "Back"))
    gallery = await p.outcome(await p.restyle(count=4, prompt="a soft watercolour wash on paper"))
    await p.album.take("gallery", gallery, OUTCOME)


async def seeing(p: Player) -> None:
    """What there is to look up."""
    for name, path in (
        ("history", "history"),
        ("lineage", "lineage"),
        ("quota", "quota me"),
        ("looks", "look list"),
        ("help", "help"),
        ("about", "about"),
        ("privacy", "privacy delete"),
        ("setup", "setup"),
        ("rules", "mod rules"),
        ("usage", "mod usage"),
    ):
        await p.answer(name, path)


async def moderating(p: Player, result: discord.Message) -> None:
    """Refusals, and a report as the moderators get it."""
    refused = await p.restyle(strength="everything")
    await p.take("refusal", refused)
    await p.world.alice.slash(p.world.channel, "mod set report-channel", channel=p.world.channel)
    form = await p.world.bob.click(result, label="Report")
    await p.world.bob.submit_modal(form, {"reason": "That is my cat."})
    card = p.world.channel.last_message
    assert card is not None
    await p.album.take("report", card)


async def play(folder: Path, executable: str) -> list[str]:
    """Take all pictures; their names."""
    with tempfile.TemporaryDirectory(prefix="restyle-screenshots-") as data:
        settings = settings_in(Path(data))
        configure_logging(settings.model_copy(update={"log_level": "ERROR"}))
        engine = SketchEngine(slots=1)
        async with demo_world(Application(settings, engine=engine)) as world:
            role = world.alice.guild.create_role("Staff", permissions=STAFF)
            world.env.backend.get_guild(world.alice.guild.id).members[
                world.alice.id
            ].role_ids.append(role.id)
            async with album_of(world, folder, executable) as album:
                player = Player(world, engine, album)
                result = await waiting(player)
                acts: list[Callable[[], Awaitable[None]]] = [
                    lambda: moderating(player, result),
                    lambda: going_on(player, result),
                    lambda: seeing(player),
                ]
                for act in acts:
                    await act()
                return album.taken


def main() -> None:
    """Take them all into the folder that is named."""
    executable = shutil.which("chromium")
    if executable is None:
        sys.exit("There is no Chromium here: apt-get install chromium, or the like.")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in asyncio.run(play(folder, executable)):
        print(folder / f"{name}.webp")


if __name__ == "__main__":
    main()
