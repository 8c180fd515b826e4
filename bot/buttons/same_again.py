"""Upscale and the strength strip: what they make is settled by the picture they are pressed on."""

from typing import TYPE_CHECKING

import discord

from bot.buttons.once import made_already, point_to
from bot.buttons.showing import show_message
from bot.buttons.wishing import WishButton, wish_pattern
from bot.delivery.faults import UNREACHED
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
        """Queue the picture, or tell where it is; if its message is gone, show it once more."""
        job = await self.job(interaction.client)
        made = await interaction.client.app.database.jobs.kept_child(job.id, self.action)
        # Of one that its member alone was shown, there is nothing left to lead to.
        if made is None or is_private(made):
            await super().pressed(interaction)
        elif made.result_hash is None:
            await point_to(interaction, made)
        else:
            await interaction.response.defer(ephemeral=True, thinking=True)
            if await _message_stands(interaction.client, made):
                await interaction.edit_original_response(content=made_already(made))
            else:
                await show_message(interaction, made)

    async def wish(self, bot: "RestyleBot") -> Wish:
        """What the button stands for."""
        job = await self.job(bot)
        name = JobSpec.from_mapping(job.params).params.checkpoint
        return self.meant(job, bot.app.offer.still(name))

    def meant(self, job: Job, checkpoint: Checkpoint) -> Wish:
        """The wish, by the picture and its checkpoint."""
        raise NotImplementedError


async def _message_stands(bot: "RestyleBot", job: Job) -> bool:
    """False where somebody has deleted a job's message; True where that cannot be known."""
    if job.message_id is None:
        return False
    channel = bot.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
    try:
        await channel.fetch_message(job.message_id)
    except discord.NotFound:
        return False
    except UNREACHED:
        pass
    return True


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
