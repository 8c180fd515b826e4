"""`/mod log`: the audit log, the newest first, in pages."""

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from bot.moderation.deeds import deed_of
from bot.moderation.log_pages import LogView, show_page

if TYPE_CHECKING:
    from bot.client import RestyleBot

ACTION_MAX_CHARS = 32


@app_commands.command(name="log", description="What moderators did here, the newest first")
@app_commands.describe(
    moderator="Only what this moderator did",
    member="Only what was done to this member",
    action="Only this, such as block or filter words",
)
async def log(
    interaction: "discord.Interaction[RestyleBot]",
    moderator: discord.User | None = None,
    member: discord.User | None = None,
    action: app_commands.Range[str, 1, ACTION_MAX_CHARS] | None = None,
) -> None:
    """Show the newest page."""
    await interaction.response.defer(ephemeral=True)
    view = LogView(
        guild_id=deed_of(interaction, "log").guild_id,
        actor_id=None if moderator is None else moderator.id,
        member_id=None if member is None else member.id,
        action=None if action is None else action.strip().lower(),
    )
    await show_page(interaction, view)
