"""How every wish is answered: acknowledge, work, then say where the job stands in the queue."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

import aiohttp
import discord
import structlog

from bot import texts
from bot.buttons.cancel import waiting_view
from bot.errors import NotAllowed
from bot.jobs.beginning import FirstWish
from bot.jobs.origin import Origin, origin_of
from bot.jobs.submission import Submitted
from bot.jobs.wish import Wish
from bot.language import _
from bot.moderation import case_texts
from bot.moderation.admission import Wording
from bot.moderation.desk import open_case
from bot.moderation.holding import Doubtful, source_case
from bot.moderation.reasons import Reason
from bot.pictures import Fetch
from bot.place import may_post
from storage.errors import AlreadySubmitted

if TYPE_CHECKING:
    from bot.client import RestyleBot

log = structlog.get_logger(__name__)

QUIET = discord.AllowedMentions.none()
# Discord's code for an interaction that was answered before.
ALREADY_ACKNOWLEDGED = 40060

Words = Callable[[], Awaitable[Wording]]


async def answer_with_job(
    interaction: "discord.Interaction[RestyleBot]",
    wish: "Callable[[RestyleBot], Awaitable[Wish]]",
    words: Words | None = None,
) -> None:
    """Answer with the message of the job, or jobs, that a wish stands for.

    Those ``words`` of it that are known beforehand are checked before anything is downloaded.
    Discord may tell of one interaction twice; the second time nothing happens.
    """
    bot = interaction.client
    try:
        with bot.app.acks.under_way():
            origin = await _acknowledge(interaction)
        await bot.app.acks.let_pass()
        try:
            known = None if words is None else await words()
            submitted = await bot.app.submission.submit(origin, partial(wish, bot), known)
        except Doubtful as error:
            await _hold(interaction, origin, error)
        else:
            await _say_queued(interaction, submitted)
    except AlreadySubmitted as error:
        log.info("told of an interaction twice", interaction=error.interaction_id)
    except discord.HTTPException as error:
        if error.code != ALREADY_ACKNOWLEDGED:
            raise
        log.info("told of an interaction twice", interaction=interaction.id)


async def answer_with_restyle(
    interaction: "discord.Interaction[RestyleBot]",
    picture: Fetch,
    first: Callable[[], Awaitable[FirstWish]],
) -> None:
    """Answer a command or form that brings a picture.

    Args:
        picture: Fetches it.
        first: Looks up what the options name.
    """
    beginning, read = interaction.client.app.beginning, [FirstWish()]

    async def words() -> Wording:
        read[0] = await first()
        prompt = beginning.prompt_of(read[0])
        return Wording(prompt=prompt, negative_prompt=read[0].negative_prompt)

    async def wish(_bot: "RestyleBot") -> Wish:
        return await beginning.restyle(await picture(), read[0])

    await answer_with_job(interaction, wish, words)


async def _hold(
    interaction: "discord.Interaction[RestyleBot]", origin: Origin, doubtful: Doubtful
) -> None:
    """Let a moderator look at the source first; the same message then goes on as any other."""
    # A moderator may take longer than the answer can be reached.
    if origin.private or not await open_case(
        interaction.client, source_case(origin, doubtful.payload)
    ):
        raise NotAllowed(_(case_texts.SOURCE_EXPLICIT), Reason.SOURCE)
    await interaction.edit_original_response(content=str(doubtful), allowed_mentions=QUIET)


async def _acknowledge(interaction: "discord.Interaction[RestyleBot]") -> Origin:
    try:
        answer = await interaction.response.defer(
            thinking=True, ephemeral=not may_post(interaction)
        )
    except (aiohttp.ClientError, OSError):
        message_id = await _acknowledge_again(interaction)
    else:
        message_id = answer.message_id if answer else None
    return origin_of(interaction, message_id)


async def _acknowledge_again(interaction: "discord.Interaction[RestyleBot]") -> int | None:
    """The connection broke, and nobody knows whether Discord had heard: ask once more."""
    try:
        answer = await interaction.response.defer(
            thinking=True, ephemeral=not may_post(interaction)
        )
    except discord.HTTPException as error:
        if error.code != ALREADY_ACKNOWLEDGED:
            raise
        return (await interaction.original_response()).id
    return answer.message_id if answer else None


async def _say_queued(interaction: "discord.Interaction[RestyleBot]", submitted: Submitted) -> None:
    """Say where the job stands; it is made and told of later, whether or not this is heard."""
    job_id = submitted.jobs[0].id
    try:
        await _announce(interaction, submitted)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.warning("a place in the queue could not be told", job=job_id, error=str(error))


async def _announce(interaction: "discord.Interaction[RestyleBot]", submitted: Submitted) -> None:
    app, job_id = interaction.client.app, submitted.jobs[0].id
    async with app.announcements.announcing(job_id) as waits:
        # The engine may have been quicker; then its progress message is the newer truth.
        if waits:
            await interaction.edit_original_response(
                content=texts.queued(submitted),
                view=waiting_view(job_id),
                allowed_mentions=QUIET,
            )
    app.standings.follow(submitted)
