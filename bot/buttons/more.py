"""The button "⋯" and the private message with further buttons that it opens."""

from typing import TYPE_CHECKING

import discord

from bot.buttons.back import BackButton
from bot.buttons.base import JobButton, pattern, view_of
from bot.language import N_, _

if TYPE_CHECKING:
    from bot.client import RestyleBot

MORE = N_("More for this picture:")
# Up to 25 in five rows; each works from a message of its own, so none may speak of "this message".
MORE_BUTTONS: tuple[type[JobButton], ...] = (BackButton,)


class MoreButton(JobButton, template=pattern("more")):
    """Opens the buttons that found no room in the rows."""

    action = "more"
    label = "⋯"

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Show them to the member who pressed."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        job = await self.job(interaction.client)
        view = view_of(MORE_BUTTONS, job.id)
        await interaction.edit_original_response(content=_(MORE), view=view)
