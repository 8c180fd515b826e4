"""Upscale and the strength strip: what they make is settled by the picture they are pressed on."""

from typing import TYPE_CHECKING

import discord

from bot.buttons.once import point_to
from bot.buttons.wishing import WishButton, wish_pattern
from bot.jobs.larger import upscale
from bot.jobs.spec import Action, JobSpec, is_private
from bot.jobs.strip import strip
from bot.jobs.wish import Wish
from bot.language import N_
from engine.checkpoints import Checkpoint
from storage.records import Job

if TYPE_CHECKING:
    from bot.client import RestyleBot


class _SameAgainButton(WishButton, template=r"r:never:same:"):
    """Makes its picture once, and leads to it from then on."""

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Queue the picture, or tell where it is."""
        app = interaction.client.app
        made = await app.database.jobs.kept_child(self.job_id, self.action)
        # Of one that its member alone was shown, there is nothing left to lead to.
        if made is not None and not is_private(made):
            await point_to(interaction, made)
            return
        await super().pressed(interaction)

    async def wish(self, bot: "RestyleBot") -> Wish:
        """What the button stands for."""
        job = await self.job(bot)
        name = JobSpec.from_mapping(job.params).params.checkpoint
        return self.meant(job, bot.app.offer.still(name))

    def meant(self, job: Job, checkpoint: Checkpoint) -> Wish:
        """The wish, by the picture and its checkpoint."""
        raise NotImplementedError


class UpscaleButton(_SameAgainButton, template=wish_pattern(Action.UPSCALE)):
    """The result at twice its size."""

    action = Action.UPSCALE
    label = N_("Upscale")

    def meant(self, job: Job, checkpoint: Checkpoint) -> Wish:
        """See ``larger.upscale``."""
        return upscale(job, checkpoint)


class StripButton(_SameAgainButton, template=wish_pattern(Action.STRIP)):
    """The same wish at five strengths, on one sheet."""

    action = Action.STRIP
    label = N_("Strength strip")

    def meant(self, job: Job, checkpoint: Checkpoint) -> Wish:
        """See ``strip.strip``."""
        return strip(job, checkpoint)
