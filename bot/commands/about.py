"""`/about`: what this bot is, what makes its pictures, and how busy it is."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot import __version__
from bot.language import _, ngettext

if TYPE_CHECKING:
    from bot.client import RestyleBot


@app_commands.command(name="about", description="What I am and what makes the pictures")
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
@app_commands.allowed_installs(guilds=True, users=True)
async def about_command(interaction: "discord.Interaction[RestyleBot]") -> None:
    """Answer to the member alone."""
    app = interaction.client.app
    health = app.engine.health()
    waiting = app.line.length
    lines = [
        _("**Restyle {version}**, a self-hosted bot that gives pictures a new look.").format(
            version=__version__
        ),
        _("Pictures are made by the checkpoint {checkpoint}, under the licence {licence}.").format(
            checkpoint=app.checkpoint.name, licence=app.checkpoint.licence
        ),
        _("The engine is ready.") if health.alive else _("The engine is starting."),
        ngettext("{count} job waits.", "{count} jobs wait.", waiting).format(count=waiting),
        _(
            "Your pictures are kept on the machine of whoever runs this bot; /privacy exports or "
            "deletes what is yours."
        ),
    ]
    await interaction.response.send_message("\n".join(lines), ephemeral=True)
