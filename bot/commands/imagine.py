"""`/imagine`: a picture from words alone."""

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.commands.options import (
    OPTION_MAX_CHARS,
    Count,
    Seed,
    Steps,
    command_from,
    first_wish,
)
from bot.conversation import answer_with_job
from bot.jobs.wish import Wish
from bot.looks.picking import with_look
from bot.offer import Offer
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.client import RestyleBot


def imagine_command(settings: Settings, offer: Offer) -> app_commands.Command[Any, ..., None]:
    """Make the command; the settings bound both prompts, the offer tells of checkpoints."""
    longest = min(settings.prompt_max_chars, OPTION_MAX_CHARS)

    async def imagine(
        interaction: "discord.Interaction[RestyleBot]",
        prompt: app_commands.Range[str, 1, longest],
        look: str | None = None,
        shape: str | None = None,
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
                shape=shape,
                size=size,
                count=count,
                steps=steps,
                checkpoint=checkpoint,
                seed=seed,
                negative_prompt=negative_prompt,
                spoiler=spoiler,
            )
            return await bot.app.beginning.imagine(await with_look(interaction, given, look))

        await answer_with_job(interaction, wish)

    return command_from(imagine, "Make a picture from words alone", offer)
