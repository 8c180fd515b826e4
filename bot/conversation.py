"""How every wish is answered: acknowledge, work, then say where the job stands in the queue."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import discord

from bot import texts
from bot.buttons.cancel import waiting_view
from bot.jobs.origin import Origin, origin_of
from bot.jobs.submission import FirstWish, Submitted
from bot.jobs.wish import Wish
from bot.pictures import download

if TYPE_CHECKING:
    from bot.client import RestyleBot

QUIET = discord.AllowedMentions.none()


async def answer_with_job(
    interaction: "discord.Interaction[RestyleBot]",
    wish: "Callable[[RestyleBot], Awaitable[Wish]]",
) -> None:
    """Answer a button or modal with the message of the job that it starts."""
    origin = await _acknowledge(interaction)
    submission = interaction.client.app.submission
    await _say_queued(interaction, await submission.submit(origin, await wish(interaction.client)))


async def answer_with_first_job(
    interaction: "discord.Interaction[RestyleBot]", picture: discord.Attachment, wish: FirstWish
) -> None:
    """Answer a command that brings its own picture."""
    origin = await _acknowledge(interaction)
    app = interaction.client.app
    data = await download(picture, app.settings)
    await _say_queued(interaction, await app.submission.first(origin, data, wish))


async def _acknowledge(interaction: "discord.Interaction[RestyleBot]") -> Origin:
    answer = await interaction.response.defer(thinking=True)
    return origin_of(interaction, answer.message_id if answer else None)


async def _say_queued(interaction: "discord.Interaction[RestyleBot]", submitted: Submitted) -> None:
    job_id = submitted.job.id
    async with interaction.client.app.announcements.announcing(job_id) as waits:
        # The engine may have been quicker; then its progress message is the newer truth.
        if waits:
            await interaction.edit_original_response(
                content=texts.queued(submitted.position, submitted.wait_s, submitted.balance),
                view=waiting_view(job_id),
                allowed_mentions=QUIET,
            )
