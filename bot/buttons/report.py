"""The button that brings a result before the moderators."""

from typing import TYPE_CHECKING, Any

import discord

from bot.buttons.base import JobButton, pattern
from bot.errors import NotAllowed
from bot.language import N_, _
from bot.moderation import case_texts
from bot.moderation.desk import has_desk, open_case
from bot.open_forms import Form
from storage.cases import NewCase
from storage.moderation_tables import CaseKind
from storage.records import Job

if TYPE_CHECKING:
    from bot.client import RestyleBot

REASON_MAX_CHARS = 400


class ReportButton(JobButton, template=pattern("report")):
    """Asks for a reason, then puts source, result and prompt before the moderators."""

    action = "report"
    label = N_("Report")

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Open the form, where there is somebody to read it."""
        job = await self.job(interaction.client)
        if interaction.guild_id is None:
            raise NotAllowed(_(case_texts.NO_GUILD))
        if not await has_desk(interaction.client, interaction.guild_id):
            raise NotAllowed(_(case_texts.NO_DESK))
        shown = interaction.message
        # A gallery shows one of its pictures in a message of the member's own.
        own = shown is None or shown.flags.ephemeral
        message_id = job.message_id if shown is None or own else shown.id
        await ReportModal(job, message_id).show(interaction)


class ReportModal(Form):
    """Asks why."""

    word = "report"

    def __init__(self, job: Job, message_id: int | None) -> None:
        super().__init__(title=_("Report"))
        self._job = job
        self._message_id = message_id
        self.reason: discord.ui.TextInput[Any] = discord.ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=REASON_MAX_CHARS, custom_id="reason"
        )
        self.add_item(
            discord.ui.Label(
                text=_("Reason"),
                description=_("What is wrong with this picture"),
                component=self.reason,
            )
        )

    async def submitted(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Post the report, and tell the reporter alone."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        job = self._job
        assert job.guild_id is not None
        new = NewCase(
            guild_id=job.guild_id,
            kind=CaseKind.REPORT,
            job_id=job.id,
            member_id=job.user_id,
            reporter_id=interaction.user.id,
            reason=self.reason.value.strip(),
            locale=interaction.locale.value,
            channel_id=interaction.channel_id or job.channel_id,
            message_id=self._message_id,
        )
        posted = await open_case(interaction.client, new)
        if posted is None:
            told = case_texts.REPORTED_ALREADY
        else:
            told = case_texts.REPORTED if posted else case_texts.NO_DESK
        await interaction.edit_original_response(content=_(told))
