"""What Discord says of the token, the intents and the bot's permissions, and of this clock."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import discord

from bot.delivery.faults import UNREACHED
from bot.doctor.finding import Finding, fail, ok, warn
from bot.endpoints import api_base, use_endpoints
from bot.settings import Settings

# What README.md asks for, and why, stands there.
NEEDED = discord.Permissions(
    view_channel=True, attach_files=True, send_messages=True, send_messages_in_threads=True
)
# What Discord calls those that the library calls otherwise.
NAMES = {"read_messages": "view channels"}
# An interaction's age is told by Discord's clock against this one's.
MOST_SKEW_S = 20.0
TIMEOUT = aiohttp.ClientTimeout(total=10)
GUILDS_LOOKED_AT = 200


async def on_discord(settings: Settings) -> AsyncIterator[Finding]:
    """The clock always; token, intents and permissions where there is a token."""
    use_endpoints(settings)
    yield await _clock()
    if settings.discord_token is None:
        yield fail(
            "token",
            "RESTYLE_DISCORD_TOKEN is not set; only the demo works without",
            "README.md tells how to get one.",
        )
        return
    client = discord.Client(intents=discord.Intents(guilds=True))
    try:
        await client.login(settings.discord_token.get_secret_value())
        yield ok("token", f"{client.user} may log in")
        yield _intents(await client.application_info())
        yield _permissions(await client.http.get_guilds(GUILDS_LOOKED_AT))
    except discord.LoginFailure:
        yield fail("token", "Discord refuses it", "Reset it in the developer portal, set it anew.")
    except UNREACHED as error:
        yield warn("token", f"Discord cannot be asked: {error}", "Look at the network; try again.")
    finally:
        await client.close()


async def _clock() -> Finding:
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT) as web,
            web.get(f"{api_base()}/gateway") as answer,
        ):
            theirs = parsedate_to_datetime(answer.headers["Date"])
    except (aiohttp.ClientError, TimeoutError, OSError, KeyError, ValueError):
        return warn("clock", "Discord cannot be reached to compare", "Look at the network.")
    skew_s = (datetime.now(UTC) - theirs).total_seconds()
    if abs(skew_s) > MOST_SKEW_S:
        return fail("clock", f"{skew_s:+.0f} s from Discord's", "Let NTP set this machine's clock.")
    return ok("clock", "agrees with Discord's")


def _intents(application: discord.AppInfo) -> Finding:
    flags = application.flags
    asked = [
        name
        for name, on in (
            # Limited is what a bot has that Discord has not verified.
            ("message content", flags.gateway_message_content),
            ("message content", flags.gateway_message_content_limited),
            ("server members", flags.gateway_guild_members),
            ("server members", flags.gateway_guild_members_limited),
            ("presence", flags.gateway_presence),
            ("presence", flags.gateway_presence_limited),
        )
        if on
    ]
    if asked:
        return warn(
            "intents",
            f"privileged ones are on: {', '.join(asked)}",
            "Restyle needs none; switch them off on the portal's Bot page.",
        )
    return ok("intents", "no privileged one is on, and none is needed")


def _permissions(guilds: "list[discord.types.guild.Guild]") -> Finding:
    lacking = {}
    for guild in guilds:
        has = discord.Permissions(int(guild.get("permissions") or 0))
        missing = [NAMES.get(name, name) for name, on in NEEDED if on and not getattr(has, name)]
        if missing and not has.administrator:
            lacking[guild["name"]] = missing
    if not guilds:
        return warn("permissions", "the bot is in no server", "README.md has the invitation.")
    if lacking:
        name, missing = next(iter(lacking.items()))
        told = ", ".join(missing).replace("_", " ")
        return warn(
            "permissions",
            f"{len(lacking)} of {len(guilds)} servers lack some; {name}: {told}",
            "Invite the bot again with the address in README.md, or give it those.",
        )
    return ok("permissions", f"right in {len(guilds)} servers")
