"""The button that leads back to what a picture was made from."""

from typing import TYPE_CHECKING

import discord

from bot.buttons.base import JobButton, find_job, pattern, view_with
from bot.buttons.showing import file_of, require_place, show_picture
from bot.errors import Gone
from bot.jobs.address import jump_url
from bot.jobs.spec import JobSpec, is_hidden, is_private
from bot.language import N_, _
from storage.errors import ImageMissing
from storage.records import Job

if TYPE_CHECKING:
    from bot.client import RestyleBot

HERE = N_("One step back:")
BEGAN_HERE = N_("This is the picture that it began with.")
FROM_WORDS = N_("It began with words alone, so there is nothing before it.")
NO_LONGER_KEPT = N_("What it was made from is no longer kept.")
GO_THERE = N_("Go there")
SOURCE_ALT = N_("The picture that the result was made from")


class BackButton(JobButton, template=pattern("back")):
    """Shows the parent with a link to its message, or the source of a first picture."""

    action = "back"
    label = N_("Back")

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Show it to the member who pressed."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        job = await self.job(interaction.client)
        if job.parent_id is None:
            await _show_source(interaction, job)
            return
        parent = await find_job(interaction.client, job.parent_id)
        if parent.result_hash is None:
            raise Gone(_(NO_LONGER_KEPT))
        await show_picture(interaction, parent, view=view_with(_link(parent)), note=_(HERE))


def _link(parent: Job) -> list[discord.ui.Item[discord.ui.View]]:
    # Nothing leads to a message that one member alone was shown.
    if is_private(parent):
        return []
    return [discord.ui.Button(label=_(GO_THERE), url=jump_url(parent))]


async def _show_source(interaction: "discord.Interaction[RestyleBot]", job: Job) -> None:
    source_hash = JobSpec.from_mapping(job.params).source_hash
    if source_hash is None:
        await interaction.edit_original_response(content=_(FROM_WORDS))
        return
    await require_place(interaction, job)
    app = interaction.client.app
    try:
        source = await app.images.get(source_hash)
    except ImageMissing as error:
        raise Gone(_(NO_LONGER_KEPT)) from error
    encoded = await app.intake.shrink(source, interaction.filesize_limit)
    await interaction.edit_original_response(
        content=_(BEGAN_HERE),
        attachments=[file_of(encoded, "source", _(SOURCE_ALT), spoiler=is_hidden(job))],
    )
