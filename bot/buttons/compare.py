"""Before and after for one member: with what a picture was made from, or with its very first."""

import re
from typing import TYPE_CHECKING, Any, Self

import discord

from bot.buttons.base import JOB_ID, JobButton, pattern
from bot.buttons.pair import Before, draw_pair, show_pair
from bot.buttons.posting import ShareButton
from bot.language import N_, _
from storage.records import Job

if TYPE_CHECKING:
    from bot.client import RestyleBot

COMPARE_WITH = {
    Before.PARENT: N_("With the one before"),
    Before.ROOT: N_("With the very first"),
}


class CompareButton(JobButton, template=pattern("compare")):
    """Shows before and after to the member alone, with a way to post it."""

    action = "compare"
    label = N_("Compare")

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Show it with what the picture was made from."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await _compare(interaction, await self.job(interaction.client), Before.PARENT)


class CompareWithButton(JobButton, template=rf"r:compare_(?P<before>parent|root):{JOB_ID}"):
    """Changes what stands on the left, in the private message that it is under."""

    def __init__(self, job_id: str, before: Before) -> None:
        super().__init__(job_id, action=f"compare_{before}", label=_(COMPARE_WITH[before]))
        self.before = before

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """See ``Pressable``."""
        return cls(match["job_id"], Before(match["before"]))

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Show the other pair."""
        await interaction.response.defer()
        await _compare(interaction, await self.job(interaction.client), self.before)


async def _compare(
    interaction: "discord.Interaction[RestyleBot]", job: Job, before: Before
) -> None:
    pair = await draw_pair(interaction, job, before)
    await show_pair(interaction, pair, compare_buttons(job, before))


def compare_buttons(job: Job, before: Before) -> list[discord.ui.Item[Any]]:
    """What stands under a pair that one member sees."""
    other = Before.PARENT if before is Before.ROOT else Before.ROOT
    share = ShareButton(job.id, before)
    # Of a first picture both are the same.
    return [share] if job.parent_id is None else [CompareWithButton(job.id, other), share]
