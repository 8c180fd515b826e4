"""The gate that every command passes: what Discord hides from a member is refused here as well."""

from typing import Any

import discord
from discord import app_commands

from bot.errors import NotYours
from bot.language import N_, _

MODERATOR = discord.Permissions(moderate_members=True)
ADMIN = discord.Permissions(manage_guild=True)

NAMES = {"moderate_members": N_("Time Out Members"), "manage_guild": N_("Manage Server")}


def require_command(interaction: discord.Interaction[Any]) -> None:
    """Let only those pass who have the ``default_permissions`` of the command's root.

    Discord hides such a command from others, but a guild's admin can show it to anybody, and the
    sender of an interaction is not to be trusted. Groups of discord.py check no deeper than one
    level, so this is asked of the root, whatever lies below it.

    Raises:
        NotYours: The member lacks a permission, or the command is used outside a guild.
    """
    command = interaction.command
    if isinstance(command, app_commands.Command):
        root: Any = command.root_parent or command
        if root.default_permissions is not None:
            require(interaction, root.default_permissions)


def require(interaction: discord.Interaction[Any], needed: discord.Permissions) -> None:
    """Let only a member of the guild with these permissions pass, or one who manages the guild.

    Raises:
        NotYours: It is anybody else.
    """
    if interaction.guild_id is None:
        raise NotYours(_("That is for moderators, inside their server."))
    if interaction.permissions.manage_guild or interaction.permissions.is_superset(needed):
        return
    names = ", ".join(_(NAMES.get(name, name)) for name, wanted in needed if wanted)
    raise NotYours(
        _("That is for moderators: it takes the permission {names}.").format(names=names)
    )
