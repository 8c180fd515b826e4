"""The button that removes a result from the channel and from the store."""

from typing import TYPE_CHECKING

import discord

from bot.buttons.base import JobButton, pattern, require_owner
from bot.language import N_

if TYPE_CHECKING:
    from bot.client import RestyleBot


class DeleteButton(JobButton, template=pattern("delete")):
    """Deletes its message; the picture is no longer kept."""

    action = "delete"
    label = N_("Delete")

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Remove message and picture."""
        await interaction.response.defer()
        job = await self.job(interaction.client)
        require_owner(interaction, job)
        app = interaction.client.app
        for unused in await app.database.jobs.delete_result(job.id):
            await app.images.delete(unused)
        await interaction.delete_original_response()
