"""`/restyle`: a picture, an avatar or the channel's last picture in a new look."""

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.commands.options import (
    OPTION_MAX_CHARS,
    Count,
    Seed,
    Steps,
    Strength,
    command_from,
    first_wish,
)
from bot.conversation import answer_with_restyle
from bot.errors import NotAllowed
from bot.form import open_form
from bot.language import N_, _
from bot.last_picture import last_picture
from bot.looks.picking import with_look
from bot.offer import Offer
from bot.pictures import Fetch, Given, attached, avatar
from bot.privacy.consent import require_consent
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.client import RestyleBot

ONE_OF_BOTH = N_("Please give me a picture or a member, not both.")


def restyle_command(settings: Settings, offer: Offer) -> app_commands.Command[Any, ..., None]:
    """Make the command; the settings bound both prompts, the offer tells of checkpoints."""
    longest = min(settings.prompt_max_chars, OPTION_MAX_CHARS)

    async def restyle(
        interaction: "discord.Interaction[RestyleBot]",
        prompt: app_commands.Range[str, 1, longest] | None = None,
        image: discord.Attachment | None = None,
        member: discord.User | None = None,
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
        picture = picture_meant(interaction, image, member)
        first = first_wish(
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
        if prompt is None and look is None:
            # Nothing was said on how it should look, so that is asked; what was said stays.
            await open_form(interaction, picture, given=first)
            return

        async def newest() -> Given:
            return await last_picture(interaction)

        await answer_with_restyle(
            interaction, picture or newest, lambda: with_look(interaction, first, look)
        )

    return command_from(restyle, "Give a picture a new look", offer)


def picture_meant(
    interaction: "discord.Interaction[RestyleBot]",
    image: discord.Attachment | None,
    member: discord.User | discord.Member | None,
) -> Fetch | None:
    """What fetches the picture that was named; None where none was.

    Raises:
        NotAllowed: Two were named.
    """
    settings = interaction.client.app.settings
    if image is not None and member is not None:
        raise NotAllowed(_(ONE_OF_BOTH))
    if image is not None:
        return attached(image, settings)
    if member is None:
        return None
    fetch, app = avatar(member, settings), interaction.client.app

    async def with_consent() -> Given:
        await require_consent(app.database, (member.id,), interaction.user.id)
        return await fetch()

    return with_consent
