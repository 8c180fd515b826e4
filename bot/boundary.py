"""The boundary around buttons and forms: discord.py itself would only log what goes wrong there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord
from structlog.contextvars import bind_contextvars

from bot.language import read_by


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
