"""Where an interaction happens: whose guild it is, and whether the bot may post there."""

from typing import Any

import discord

# Stands among a command's extras where it works only in a guild that invited the bot, though the
# group that it belongs to works everywhere: Discord knows contexts of whole commands only.
GUILDS_OWN = "guilds_own"


def guild_of(interaction: discord.Interaction[Any]) -> int | None:
    """The guild whose rules and quotas hold; None in direct messages.

    A member may bring the bot along into a guild that never invited it (Discord's user-install).
    What they do there is between the two of them, as in direct messages.
    """
    return None if _brought_along(interaction) else interaction.guild_id


def may_post(interaction: discord.Interaction[Any]) -> bool:
    """Whether an answer may stand in the channel for all, and be edited for as long as it stands.

    Where not, the answer is for the member alone, and only the interaction's token leads to it.
    """
    if _brought_along(interaction) or interaction.context.private_channel:
        return False
    if interaction.guild_id is None:
        # Direct messages with the bot itself.
        return True
    allowed = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    sends = allowed.send_messages_in_threads if in_thread else allowed.send_messages
    return allowed.view_channel and sends and allowed.attach_files


def _brought_along(interaction: discord.Interaction[Any]) -> bool:
    by_user, by_guild = interaction.is_user_integration(), interaction.is_guild_integration()
    return interaction.guild_id is not None and by_user and not by_guild
