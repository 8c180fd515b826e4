"""The boundary around buttons and forms: discord.py itself would only log what goes wrong there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord
from structlog.contextvars import bind_contextvars


@asynccontextmanager
async def reported(interaction: discord.Interaction[Any]) -> AsyncIterator[None]:
    """Tell the member of any error within, as the command tree does for commands."""
    bind_contextvars(interaction=interaction.id, guild=interaction.guild_id)
    try:
        yield
    except Exception as error:  # noqa: BLE001  # boundary: the command tree's other half
        await interaction.client.report(interaction, error)
