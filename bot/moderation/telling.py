"""Tells a member what became of what they asked: in a direct message, or where they asked."""

from typing import TYPE_CHECKING

import structlog

from bot.delivery.faults import UNREACHED
from bot.disarming import disarmed
from bot.naming import only

if TYPE_CHECKING:
    from bot.client import RestyleBot

log = structlog.get_logger(__name__)


async def tell(bot: "RestyleBot", guild_id: int, user_id: int, sentence: str) -> bool:
    """Write to a member in private, naming the guild; False where they take no such messages."""
    guild = bot.get_guild(guild_id)
    name = "" if guild is None else f"**{disarmed(guild.name)}** · "
    try:
        # discord.py's own way sends a number, where Discord's document asks for a text.
        opened = await bot.http.start_private_message(str(user_id))
        await bot.get_partial_messageable(int(opened["id"])).send(name + sentence)
    except UNREACHED as error:
        log.info("a member takes no direct messages", user=user_id, error=str(error))
        return False
    return True


async def tell_in(
    bot: "RestyleBot", guild_id: int, channel_id: int, user_id: int, sentence: str
) -> None:
    """Tell a member in a channel, by a mention; what is told there is for everybody's eyes."""
    channel = bot.get_partial_messageable(channel_id, guild_id=guild_id)
    try:
        await channel.send(f"<@{user_id}> {sentence}", allowed_mentions=only(user_id))
    except UNREACHED as error:
        log.info("a member could not be told in a channel", user=user_id, error=str(error))
