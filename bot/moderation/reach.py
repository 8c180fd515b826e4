"""Whether the bot can post in a channel that it is to post in."""

import discord

from bot.errors import NotAllowed
from bot.language import _
from bot.moderation import texts


def require_reach(channel: discord.TextChannel | None) -> None:
    """Make sure that the bot can post pictures there; raises ``NotAllowed``."""
    if channel is None:
        return
    own = channel.permissions_for(channel.guild.me)
    if not (own.view_channel and own.send_messages and own.attach_files):
        raise NotAllowed(_(texts.OUT_OF_REACH).format(channel=channel.mention))
