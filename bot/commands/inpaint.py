"""`/inpaint`: a part of a picture painted anew, marked by a mask or in red."""

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.commands.options import (
    KEEP,
    OPTION_MAX_CHARS,
    Count,
    Seed,
    Steps,
    Strength,
    command_from,
    first_wish,
)
from bot.conversation import answer_with_job
from bot.jobs.wish import Wish
from bot.looks.picking import with_look
from bot.offer import Offer
from bot.pictures import download
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.client import RestyleBot


def inpaint_command(settings: Settings, offer: Offer) -> app_commands.Command[Any, ..., None]:
    """Make the command; the settings bound both prompts, the offer tells of checkpoints."""
    longest = min(settings.prompt_max_chars, OPTION_MAX_CHARS)

    async def inpaint(
        interaction: "discord.Interaction[RestyleBot]",
        image: discord.Attachment,
        prompt: app_commands.Range[str, 1, longest],
        mask_image: discord.Attachment | None = None,
        marked: str | None = None,
        look: str | None = None,
        strength: Strength | None = None,
        size: str | None = None,
        count: Count | None = None,
        steps: Steps | None = None,
        checkpoint: str | None = None,
        seed: Seed | None = None,
        negative_prompt: app_commands.Range[str, 1, longest] | None = None,
        spoiler: bool | None = None,
    ) -> None:
        async def wish(bot: "RestyleBot") -> Wish:
            given = first_wish(
                prompt=prompt,
                strength=strength,
                size=size,
                count=count,
                steps=steps,
                checkpoint=checkpoint,
                seed=seed,
                negative_prompt=negative_prompt,
                spoiler=spoiler,
            )
            first = await with_look(interaction, given, look)
            picture = await download(image, bot.app.settings)
            settings = bot.app.settings
            drawn = None if mask_image is None else await download(mask_image, settings)
            return await bot.app.beginning.inpaint(picture, drawn, first, keep=marked == KEEP)

        await answer_with_job(interaction, wish)

    return command_from(inpaint, "Paint a part of a picture anew", offer)
