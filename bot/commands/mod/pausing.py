"""`/mod pause` and `/mod resume`: no pictures in this guild for now."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.language import _
from bot.moderation import texts
from bot.moderation.deeds import REASON_MAX_CHARS, deed_of

if TYPE_CHECKING:
    from bot.client import RestyleBot

Reason = app_commands.Range[str, 1, REASON_MAX_CHARS]


@app_commands.command(name="pause", description="Let nobody ask for pictures here for now")
@app_commands.describe(reason="Why, for the audit log")
async def pause(
    interaction: "discord.Interaction[RestyleBot]", reason: Reason | None = None
) -> None:
    """Pause the guild; jobs that wait or run are finished."""
    await interaction.response.defer(ephemeral=True)
    deed = deed_of(interaction, "pause", reason=reason)
    change = await interaction.client.app.database.guilds.change(deed, paused=True)
    told = texts.PAUSED_ALREADY if change.before.paused else texts.PAUSED_NOW
    await interaction.edit_original_response(content=_(told))


@app_commands.command(name="resume", description="Let members ask for pictures again")
@app_commands.describe(reason="Why, for the audit log")
async def resume(
    interaction: "discord.Interaction[RestyleBot]", reason: Reason | None = None
) -> None:
    """End the pause."""
    await interaction.response.defer(ephemeral=True)
    deed = deed_of(interaction, "resume", reason=reason)
    change = await interaction.client.app.database.guilds.change(deed, paused=False)
    told = texts.RESUMED if change.before.paused else texts.NOT_PAUSED
    await interaction.edit_original_response(content=_(told))
