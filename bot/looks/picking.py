"""Puts the look that a member picked into their wish."""

from dataclasses import replace
from typing import TYPE_CHECKING

import discord

from bot.jobs.beginning import FirstWish
from bot.place import guild_of

if TYPE_CHECKING:
    from bot.client import RestyleBot


async def with_look(
    interaction: "discord.Interaction[RestyleBot]", first: FirstWish, name: str | None
) -> FirstWish:
    """The wish with the look of that name, if any; asks the database, so acknowledge before.

    Raises:
        NotAllowed: There is no look of that name.
    """
    if name is None:
        return first
    shelf = interaction.client.app.looks
    return replace(first, look=await shelf.find(guild_of(interaction), interaction.user.id, name))
