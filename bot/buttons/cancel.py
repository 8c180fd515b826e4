"""The button that takes a waiting or running job back."""

from typing import TYPE_CHECKING

import discord

from bot.buttons.base import JobButton, others_deed, pattern, require_owner, view_of
from bot.language import N_

if TYPE_CHECKING:
    from bot.client import RestyleBot


class CancelButton(JobButton, template=pattern("cancel")):
    """Cancels its job and those that share the message; the charge is given back."""

    action = "cancel"
    label = N_("Cancel")
    style = discord.ButtonStyle.danger

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Take the job back; its message is edited by the delivery."""
        await interaction.response.defer()
        job = await self.job(interaction.client)
        require_owner(interaction, job)
        app, deed = interaction.client.app, others_deed(interaction, self.action, job)
        for one in await app.database.jobs.group(job):
            if await app.dispatcher.cancel(one.id, deed):
                # One press is one deed, however many jobs share the message.
                deed = None


def waiting_view(job_id: str) -> discord.ui.View:
    """The button under a job that waits or runs."""
    return view_of((CancelButton,), job_id)
