"""Shows a picture that there is already to one member alone, in answer to a press."""

import io
from typing import Any

import discord

from bot import texts
from bot.intake.wire import Encoded
from bot.jobs.spec import is_hidden
from storage.records import Job


def file_of(
    encoded: Encoded, name: str, description: str, *, spoiler: bool = False
) -> discord.File:
    """An encoded picture as an upload, with a description for those who cannot see it."""
    return discord.File(
        io.BytesIO(encoded.data),
        name + encoded.extension,
        description=description,
        spoiler=spoiler,
    )


async def show_picture(
    interaction: discord.Interaction[Any], job: Job, *, view: discord.ui.View, note: str = ""
) -> None:
    """Fill the private answer to ``interaction`` with the result of ``job``, which must be kept."""
    encoded = await interaction.client.app.writer.picture(job, interaction.filesize_limit)
    text = texts.result([job], encoded.notes)
    await interaction.edit_original_response(
        content=f"{note}\n{text}".strip(),
        attachments=[
            file_of(encoded, f"restyle-{job.id}", texts.alt_text(job), spoiler=is_hidden(job))
        ],
        view=view,
        allowed_mentions=discord.AllowedMentions.none(),
    )
