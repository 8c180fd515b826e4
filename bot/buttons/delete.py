"""The button that removes a result from the channel and from the store."""

from typing import TYPE_CHECKING

import discord
import structlog

from bot.buttons.base import JobButton, others_deed, pattern, require_owner
from bot.language import N_
from storage.dropping import drop_unused

if TYPE_CHECKING:
    from bot.client import RestyleBot

log = structlog.get_logger(__name__)


class DeleteButton(JobButton, template=pattern("delete")):
    """Deletes its message; the picture is no longer kept."""

    action = "delete"
    label = N_("Delete")

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Remove message and picture."""
        await interaction.response.defer()
        job = await self.job(interaction.client)
        require_owner(interaction, job)
        app, deed = interaction.client.app, others_deed(interaction, self.action, job)
        for one in await app.database.jobs.group(job):
            made = await app.database.jobs.delete_result(one.id, deed)
            await drop_unused(app.database, app.images, made)
            if one.result_hash is not None:
                # One press is one deed, however many jobs share the message.
                deed = None
        app.eraser.wake()
        try:
            await interaction.delete_original_response()
        except discord.NotFound:
            # Pressed twice: the first press has deleted it.
            log.info("message was deleted before", job=job.id)
            return
        if deed is not None:
            # Nothing was kept any more, and what was deleted is the message alone.
            await app.database.audit.write(deed, before={"deleted": False}, after={"deleted": True})
