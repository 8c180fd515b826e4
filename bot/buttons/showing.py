"""Shows a picture that there is already to one member alone, where it may be shown at all."""

import io
from typing import Any

import discord

from bot import texts
from bot.errors import NotAllowed
from bot.intake.wire import Encoded
from bot.jobs.origin import origin_of
from bot.jobs.spec import JobSpec, is_hidden
from bot.language import N_, _
from bot.moderation.holding import explicit_allowed
from storage.records import Job

FOR_ADULTS = N_("That was made where explicit pictures may be shown, and here they may not.")


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


async def require_place(interaction: discord.Interaction[Any], *jobs: Job) -> None:
    """Let unchecked pictures be shown only where that is still allowed.

    They may have been made in another channel, or before Discord or the guild became stricter.

    Raises:
        NotAllowed: A job's result was not checked, and here it would have been.
    """
    if not any(JobSpec.from_mapping(job.params).explicit_allowed for job in jobs):
        return
    origin, rules = origin_of(interaction, None), None
    if origin.guild_id is not None:
        rules = await interaction.client.app.database.rules.of(origin.guild_id)
    if not explicit_allowed(origin, rules):
        raise NotAllowed(_(FOR_ADULTS))


async def show_picture(
    interaction: discord.Interaction[Any], job: Job, *, view: discord.ui.View, note: str = ""
) -> None:
    """Fill the private answer to ``interaction`` with the result of ``job``, which must be kept.

    Raises:
        NotAllowed: See ``require_place``.
    """
    await require_place(interaction, job)
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
