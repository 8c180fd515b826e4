"""The demo's world: one guild, one channel, two members, and the bot itself among them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import discord
import simcord

from bot.application import Application
from bot.client import RestyleBot
from bot.settings import Settings, load_settings

BOT_NAME = "Restyle"
GUILD = "Restyle demo"
CHANNEL = "restyle"
# Where simulated attachments lie; nothing is resolved or fetched over a network.
CDN_HOST = "cdn.simcord.invalid"
SETTLE_TIMEOUT_S = 120.0

WELCOME = (
    "**Welcome.** Type `/restyle`, attach a picture, say how it should look, and pick a strength: "
    "0.3 keeps it nearly whole, 0.6 keeps the layout, 0.9 hardly looks back. The buttons under a "
    "result go on from it.\n"
    "-# The model in this demo is small: it changes style, light and season, but adds no objects."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the script and the page act on."""

    app: Application
    env: simcord.Env
    channel: simcord.ChannelHandle
    alice: simcord.MemberActor
    bob: simcord.MemberActor
    welcome: discord.Message


def demo_settings(data_dir: Path) -> Settings:
    """The operator's settings, but with nothing in reach that is not the demo's own."""
    return load_settings(
        data_dir=data_dir, database_url=None, discord_cdn_hosts=CDN_HOST, guild_ids=()
    )


@asynccontextmanager
async def demo_world(app: Application) -> AsyncIterator[World]:
    """Bring everything up around ``app``, and down again."""
    await app.open()
    try:
        bot = RestyleBot(app)
        async with simcord.run(
            bot,
            check_errors=False,
            settle_timeout=SETTLE_TIMEOUT_S,
            # As an application is that was granted no privileged intent.
            approved_intents=discord.Intents.default(),
        ) as env:
            # Begun from out here: tasks of the bot's own would hold up every simulated click.
            await app.start(bot)
            assert bot.user is not None
            await bot.user.edit(username=BOT_NAME)
            guild = env.create_guild(GUILD)
            channel = guild.create_text_channel(CHANNEL)
            alice = guild.add_member(env.create_user("alice", global_name="Alice"))
            bob = guild.add_member(env.create_user("bob", global_name="Bob"))
            welcome = await bob.send(channel, WELCOME)
            yield World(app=app, env=env, channel=channel, alice=alice, bob=bob, welcome=welcome)
            await app.close()
    finally:
        await app.close()
