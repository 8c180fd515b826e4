"""`/restyle`: a picture, a prompt, a strength."""

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.conversation import answer_with_first_job
from bot.jobs.submission import FirstWish
from bot.strength import parse_strength, strength_choices

if TYPE_CHECKING:
    from bot.client import RestyleBot

# Discord's clients are written in JavaScript: an integer option goes up to 2**53.
MAX_SEED = 2**53 - 1

# Room for "0.05", "60 %" or a word.
STRENGTH_CHARS = 20

# Discord's own limit on a string option.
OPTION_MAX_CHARS = 6000


def restyle_command(prompt_max_chars: int) -> app_commands.Command[Any, ..., None]:
    """Make the command; ``prompt_max_chars`` bounds both prompts."""
    longest = min(prompt_max_chars, OPTION_MAX_CHARS)

    @app_commands.command(name="restyle", description="Give a picture a new look")
    @app_commands.describe(
        image="The picture to start from",
        prompt="How it should look, for example: an oil painting at dusk",
        strength="0.05 to 1.0, or subtle, balanced, bold, reinvent",
        seed="The same seed, picture and prompt give the same result",
        negative_prompt="What should not be in it",
    )
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    async def restyle(
        interaction: "discord.Interaction[RestyleBot]",
        image: discord.Attachment,
        prompt: app_commands.Range[str, 1, longest],
        strength: app_commands.Range[str, 1, STRENGTH_CHARS] | None = None,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
        negative_prompt: app_commands.Range[str, 1, longest] | None = None,
    ) -> None:
        wish = FirstWish(
            prompt=prompt,
            # A text, since Discord's number options take no words and no comma.
            strength=None if strength is None else parse_strength(strength),
            seed=seed,
            negative_prompt=negative_prompt or "",
        )
        await answer_with_first_job(interaction, image, wish)

    @restyle.autocomplete("strength")
    async def offer_strengths(
        _: "discord.Interaction[RestyleBot]", typed: str
    ) -> list[app_commands.Choice[str]]:
        return strength_choices(typed)

    return restyle
