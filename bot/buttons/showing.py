"""Shows a picture that there is already to one member alone, where it may be shown at all."""

import io
from typing import Any

import discord

from bot import texts
from bot.errors import Gone, NotAllowed
from bot.intake.wire import Encoded
from bot.jobs.origin import origin_of
from bot.jobs.spec import JobSpec, is_hidden
from bot.jobs.wish import NO_LONGER_KEPT
from bot.language import N_, _, read_by
from bot.moderation.holding import explicit_allowed
from storage.errors import ImageMissing
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
    if any(map(unchecked, jobs)) and not await explicit_here(interaction):
        raise NotAllowed(_(FOR_ADULTS))


def unchecked(job: Job) -> bool:
    """Whether nobody looked at what a job started from and made, as it was allowed anyway."""
    return JobSpec.from_mapping(job.params).explicit_allowed


async def explicit_here(interaction: discord.Interaction[Any]) -> bool:
    """Whether explicit pictures may be shown where an interaction is answered."""
    origin, rules = origin_of(interaction, None), None
    if origin.guild_id is not None:
        rules = await interaction.client.app.database.rules.of(origin.guild_id)
    return explicit_allowed(origin, rules)


async def show_message(interaction: discord.Interaction[Any], job: Job) -> None:
    """Fill the private answer to ``interaction`` with what the message of ``job`` shows.

    Raises:
        NotAllowed: See ``require_place``.
        Gone: A picture in it is no longer kept.
    """
    app = interaction.client.app
    jobs = await app.database.jobs.group(job)
    await require_place(interaction, *jobs)
    try:
        letter = await app.writer.write(jobs, interaction.filesize_limit)
    except ImageMissing as error:
        raise Gone(_(NO_LONGER_KEPT)) from error
    # The letter is in its member's language; from here on it is the presser's again.
    read_by(interaction.locale.value)
    await interaction.edit_original_response(
        content=letter.content,
        attachments=letter.files(),
        view=letter.view(),
        allowed_mentions=discord.AllowedMentions.none(),
    )


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
