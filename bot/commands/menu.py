"""The message menu "Restyle this": the picture is there already, so only the wish is asked for."""

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.conversation import answer_with_first_job
from bot.jobs.submission import FirstWish
from bot.language import _
from bot.modals import WishModal
from bot.pictures import picture_in
from bot.privacy.consent import owner_of, require_consent

if TYPE_CHECKING:
    from bot.client import RestyleBot

TITLE = "Restyle this"


async def _restyle_this(
    interaction: "discord.Interaction[RestyleBot]", message: discord.Message
) -> None:
    picture = picture_in(message)
    app = interaction.client.app
    owner_id = await owner_of(app.database, message)
    await require_consent(app.database, owner_id, interaction.user.id)

    async def submitted(
        answer: "discord.Interaction[RestyleBot]", prompt: str, strength: float
    ) -> None:
        await answer_with_first_job(answer, picture, FirstWish(prompt=prompt, strength=strength))

    await interaction.response.send_modal(
        WishModal(
            title=_(TITLE),
            prompt="",
            strength=app.checkpoint.strength,
            max_chars=app.settings.prompt_max_chars,
            submitted=submitted,
        )
    )


def restyle_menu() -> app_commands.ContextMenu:
    """Make the menu entry."""
    callback: Any = _restyle_this
    return app_commands.ContextMenu(
        name=TITLE,
        callback=callback,
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True),
        allowed_installs=app_commands.AppInstallationType(guild=True),
    )
