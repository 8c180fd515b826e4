"""`/help`: what this member may do here, read off the commands that there are."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.language import N_, _
from bot.listing import parted
from bot.place import GUILDS_OWN, guild_of

if TYPE_CHECKING:
    from bot.client import RestyleBot

AFTERWARDS = N_(
    "The buttons under a result go on from it, and anybody may press them; "
    "whoever presses, pays. In a message's menu under *Apps* you find what I can do with "
    "pictures that are already there."
)


@app_commands.command(name="help", description="What you can do with me here")
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
@app_commands.allowed_installs(guilds=True, users=True)
async def help_command(interaction: "discord.Interaction[RestyleBot]") -> None:
    """Answer with the list, to the member alone."""
    every, moderating = _lines(interaction)
    parts = [_("**What you can do here**"), *every, "", _(AFTERWARDS)]
    if moderating:
        parts += ["", _("**What you can do as a moderator**"), *moderating]
    first, *others = parted(parts)
    await interaction.response.send_message(first, ephemeral=True)
    # A moderator may do more than fits into one message.
    for other in others:
        await interaction.followup.send(other, ephemeral=True)


def _lines(interaction: "discord.Interaction[RestyleBot]") -> tuple[list[str], list[str]]:
    every: list[str] = []
    moderating: list[str] = []
    for command in interaction.client.tree.get_commands():
        if isinstance(command, app_commands.ContextMenu) or not _works_here(interaction, command):
            continue
        needed = command.default_permissions
        if needed is None:
            every += _described(interaction, command)
        elif guild_of(interaction) is not None and needed <= interaction.permissions:
            moderating += _described(interaction, command)
    return every, moderating


def _works_here(interaction: discord.Interaction[Any], command: Any) -> bool:
    here, contexts = interaction.context, command.allowed_contexts
    brought_along = interaction.guild_id is not None and guild_of(interaction) is None
    if brought_along and not command.allowed_installs.user:
        return False
    if here.private_channel:
        return contexts.private_channel is True
    return (contexts.dm_channel if interaction.guild_id is None else contexts.guild) is True


def _described(interaction: discord.Interaction[Any], command: Any) -> Iterator[str]:
    inner = [command] if isinstance(command, app_commands.Command) else command.walk_commands()
    for one in inner:
        if isinstance(one, app_commands.Command):
            if one.extras.get(GUILDS_OWN) and guild_of(interaction) is None:
                continue
            name = " ".join(_(part) for part in one.qualified_name.split())
            yield f"`/{name}` {_(one.description)}"
