"""Under several pictures in one message: V1 to V4, the menu that picks one, and Reroll for all."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import discord

from bot.boundary import Pressable
from bot.buttons.base import JOB_ID, find_job, pattern
from bot.buttons.showing import show_picture
from bot.buttons.single import single_view
from bot.buttons.wishing import PRICE, WishButton, wish_pattern
from bot.errors import Gone
from bot.jobs.spec import Action, JobSpec
from bot.jobs.wish import NO_LONGER_KEPT, Wish, go_on, reroll_all
from bot.language import N_, _
from bot.language.formats import number
from bot.quota import texts
from bot.quota.quote import Quote
from storage.records import Job

if TYPE_CHECKING:
    from bot.client import RestyleBot

PICK_PLACEHOLDER = N_("Go on from one of them …")
PICTURE = N_("Picture {place}")
STRENGTH = N_("Strength {strength}")
SEED = N_("seed {seed}")


class PlaceButton(WishButton, template=rf"r:v(?P<place>[1-9]):{JOB_ID}{PRICE}"):
    """V1, V2 …: a strong variation of the picture in that place, whose own id it carries."""

    style = discord.ButtonStyle.primary

    def __init__(self, job_id: str, place: int, *, label: str = "", agreed: int = 0) -> None:
        self.place = place
        super().__init__(job_id, action=f"v{place}", label=label or f"V{place}", agreed=agreed)

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """See ``Pressable``."""
        return cls(match["job_id"], int(match["place"]), agreed=int(match["agreed"] or 0))

    def agreeing(self, asked: Quote) -> Self:
        """See ``WishButton``."""
        return type(self)(
            self.job_id, self.place, label=texts.agree(asked.price), agreed=asked.price
        )

    async def wish(self, bot: "RestyleBot") -> Wish:
        """The variation."""
        return go_on(await self.job(bot), Action.VARY_STRONG)


class RerollAllButton(WishButton, template=wish_pattern("reroll_all")):
    """As many pictures again, from the same source under new seeds."""

    action = "reroll_all"
    label = N_("Reroll")

    async def wish(self, bot: "RestyleBot") -> Wish:
        """See ``wish.reroll_all``."""
        return reroll_all(await self.job(bot))


class PickMenu(Pressable[discord.ui.Select[Any]], template=pattern("pick")):
    """A menu of the pictures in one message; its values are their ids.

    The picked one is shown to the member alone, with the buttons that go on from it.
    """

    def __init__(self, job_id: str, options: Sequence[discord.SelectOption] = ()) -> None:
        self.job_id = job_id
        super().__init__(
            discord.ui.Select(
                custom_id=f"r:pick:{job_id}", placeholder=_(PICK_PLACEHOLDER), options=list(options)
            )
        )

    @classmethod
    def of(cls, jobs: Sequence[Job]) -> Self:
        """The menu of jobs that share a message."""
        return cls(jobs[0].group_id or jobs[0].id, [_option(job) for job in jobs])

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """See ``Pressable``."""
        return cls(match["job_id"])

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Show the picked picture."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        # Both ids come from outside, so that they belong together has to be seen.
        group = await interaction.client.app.database.jobs.group(
            await find_job(interaction.client, self.job_id, interaction)
        )
        data: Any = interaction.data
        picked = next((job for job in group if job.id in data["values"]), None)
        if picked is None or picked.result_hash is None:
            raise Gone(_(NO_LONGER_KEPT))
        await show_picture(interaction, picked, view=single_view(picked, deletable=False))


def _option(job: Job) -> discord.SelectOption:
    params = JobSpec.from_mapping(job.params).params
    label = _(PICTURE).format(place=job.place)
    if job.action == Action.STRIP:
        label = _(STRENGTH).format(strength=number(params.strength, 2))
    return discord.SelectOption(
        label=label, value=job.id, description=_(SEED).format(seed=params.seed)
    )
