"""Who acts for the screenshots: Alice, who is a moderator of the demo's guild, and Bob."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import discord
import simcord

import bot.demo
from bot.demo.world import World
from tests.bot.stage import agreeing_to_price
from tests.screenshots.album import Album
from tests.screenshots.sketch_engine import SketchEngine

CAT = Path(bot.demo.__file__).parent / "photos" / "cat.jpg"
STAFF = discord.Permissions(
    manage_guild=True, moderate_members=True, manage_messages=True, view_channel=True
)
OIL = "an oil painting of a cat, thick brush strokes"


async def set_up(world: World) -> None:
    """Make Alice a moderator, and let reports, doubts and requests come into the channel."""
    alice = world.alice
    role = alice.guild.create_role("Staff", permissions=STAFF)
    world.env.backend.get_guild(alice.guild.id).members[alice.id].role_ids.append(role.id)
    for name in ("report-channel", "request-channel"):
        await alice.slash(world.channel, f"mod set {name}", channel=world.channel)


@dataclass
class Player:
    """Plays a scene, and keeps pictures of it."""

    world: World
    engine: SketchEngine
    album: Album

    async def restyle(
        self, who: simcord.MemberActor | None = None, **options: Any
    ) -> simcord.InteractionResult:
        given = {"image": ("cat.jpg", CAT.read_bytes()), "prompt": OIL, "seed": 7} | options
        return await (who or self.world.alice).slash(self.world.channel, "restyle", **given)

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

    async def decide(self, name: str, card: discord.Message, label: str) -> None:
        """Press a button of a card, and keep a picture of what it has become."""
        await self.world.alice.click(card, label=label)
        settled = self.newest()
        # The last line says how it was decided.
        await self.album.take(name, settled, settled.content.splitlines()[-1].split(":")[0][2:12])

    def newest(self) -> discord.Message:
        """The channel's last message."""
        message = self.world.channel.last_message
        assert message is not None
        return message
