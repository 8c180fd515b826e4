"""The scene that most wire tests begin with: one guild, one channel, one member, one bot."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from PIL import Image

from tests.wire.bot import BotProcess
from tests.wire.cdn import Upload
from tests.wire.discord import FakeDiscord
from tests.wire.gestures import Interaction
from tests.wire.log import TRAFFIC
from tests.wire.world import Channel, Guild, Member


def photo(seed: int = 0) -> bytes:
    """A small JPEG; another for every seed."""
    image = Image.linear_gradient("L").resize((96, 64)).convert("RGB")
    image.paste((seed % 251, seed % 241, seed % 239), (8, 8, 24, 24))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


PHOTO = photo()


@dataclass
class Scene:
    """A fake Discord with a bot in it."""

    discord: FakeDiscord
    bot: BotProcess
    guild: Guild
    channel: Channel
    alice: Member

    @classmethod
    @asynccontextmanager
    async def open(
        cls, folder: Path, *, begin: bool = True, traffic: Path | None = TRAFFIC, **options: Any
    ) -> AsyncIterator[Self]:
        """Open the scene; ``begin`` False leaves the bot to be started."""
        async with FakeDiscord(traffic=traffic) as discord:
            guild = discord.guild()
            channel = discord.channel(guild)
            alice = discord.member("Alice")
            bot = BotProcess(discord, folder, **options)
            try:
                if begin:
                    await bot.start()
                    await bot.ready()
                yield cls(discord, bot, guild, channel, alice)
            finally:
                if bot.running:
                    await bot.kill()

    async def restyle(
        self, prompt: str = "an oil painting", member: Member | None = None, **options: Any
    ) -> Interaction:
        """`/restyle` with the standard photo unless told otherwise."""
        values: dict[str, Any] = {"image": Upload(PHOTO), "prompt": prompt} | options
        return await self.discord.slash(member or self.alice, self.channel, "restyle", **values)
