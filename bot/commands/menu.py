"""The menus "Restyle this" of a message and "Restyle avatar" of a member, which open the form."""

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.form import open_form
from bot.language import N_, _
from bot.pictures import attached, avatar, picture_in
from bot.privacy.consent import owners_of, require_consent

if TYPE_CHECKING:
    from bot.client import RestyleBot

MESSAGE_TITLE = N_("Restyle this")
USER_TITLE = N_("Restyle avatar")


async def _restyle_this(
    interaction: "discord.Interaction[RestyleBot]", message: discord.Message
) -> None:
    app = interaction.client.app
    meant = picture_in(message)
    owners = await owners_of(app.database, message)
    await require_consent(app.database, owners, interaction.user.id)
    await open_form(interaction, attached(meant, app.settings, owners), title=_(MESSAGE_TITLE))


async def _restyle_avatar(
    interaction: "discord.Interaction[RestyleBot]", member: discord.User | discord.Member
) -> None:
    app = interaction.client.app
    await require_consent(app.database, (member.id,), interaction.user.id)
    await open_form(interaction, avatar(member, app.settings), title=_(USER_TITLE))


def restyle_menus() -> tuple[app_commands.ContextMenu, app_commands.ContextMenu]:
    """Make both menu entries."""
    return _menu(MESSAGE_TITLE, _restyle_this), _menu(USER_TITLE, _restyle_avatar)


def _menu(title: str, callback: Any) -> app_commands.ContextMenu:
    return app_commands.ContextMenu(
        name=title,
        callback=callback,
        allowed_contexts=app_commands.AppCommandContext(
            guild=True, dm_channel=True, private_channel=True
        ),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
    )
