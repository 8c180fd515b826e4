"""The boundary around buttons and forms: discord.py itself would only log what goes wrong there."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar

import discord
from structlog.contextvars import bind_contextvars

from bot.language import read_by

ItemT = TypeVar("ItemT", bound="discord.ui.Item[Any]")


def answering(interaction: discord.Interaction[Any]) -> None:
    """From here on this task answers that interaction: logs name it, and its member reads."""
    bind_contextvars(interaction=interaction.id, guild=interaction.guild_id)
    read_by(interaction.locale.value)


@asynccontextmanager
async def reported(interaction: discord.Interaction[Any]) -> AsyncIterator[None]:
    """Answer it within, and tell the member of any error, as the command tree does for commands."""
    answering(interaction)
    try:
        yield
    except Exception as error:  # noqa: BLE001  # boundary: the command tree's other half
        await interaction.client.report(interaction, error)


class Pressable(discord.ui.DynamicItem[ItemT], template=r"never:"):
    """A button or menu that is known again by its custom_id alone, so it outlives any restart."""

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """The item whose custom_id has matched its template."""
        raise NotImplementedError

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """What discord.py asks for."""
        return cls.from_match(match)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the item stands for; what goes wrong is told as for a command."""
        async with reported(interaction):
            await self.pressed(interaction)

    async def pressed(self, interaction: discord.Interaction[Any]) -> None:
        """What the item stands for."""
        raise NotImplementedError
