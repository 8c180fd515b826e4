"""`/quota`: what is left of today's pictures, told to the member alone."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot import texts
from bot.jobs.origin import origin_of

if TYPE_CHECKING:
    from bot.client import RestyleBot


@app_commands.command(name="quota", description="How many pictures you have left today")
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
@app_commands.allowed_installs(guilds=True, users=False)
async def quota(interaction: "discord.Interaction[RestyleBot]") -> None:
    """Answer with the balance."""
    await interaction.response.defer(ephemeral=True)
    balance = await interaction.client.app.submission.balance(origin_of(interaction, None))
    await interaction.edit_original_response(content=texts.quota(balance))
