"""How the commands of rules answer: with all rules as they are now, for the moderator alone."""

from typing import TYPE_CHECKING

import discord

from bot.moderation.summary import summary

if TYPE_CHECKING:
    from bot.client import RestyleBot


async def answer_with_rules(
    interaction: "discord.Interaction[RestyleBot]", first: str = ""
) -> None:
    """Fill a deferred answer with the rules, below the sentence ``first``."""
    app = interaction.client.app
    assert interaction.guild_id is not None
    rules = await app.database.rules.of(interaction.guild_id)
    page = summary(rules, app.settings.daily_quota)
    await interaction.edit_original_response(content=f"{first}\n{page}".strip())
