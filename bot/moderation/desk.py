"""The moderators' desk: cases are posted there with what one needs to decide, and decided there."""

import io
from datetime import datetime
from typing import TYPE_CHECKING

import discord
import structlog

from bot.delivery.faults import UNREACHED
from bot.jobs.spec import JobSpec
from bot.language import N_, _, reading
from bot.moderation import case_texts
from bot.moderation.case_buttons import case_view
from storage.cases import Case, NewCase
from storage.errors import ImageStoreFailed, UnknownJob
from storage.records import Job

if TYPE_CHECKING:
    from bot.client import RestyleBot

log = structlog.get_logger(__name__)

QUIET = discord.AllowedMentions.none()
# So many steps back are shown of a lineage; a card has room for no more.
LINEAGE_SHOWN = 6
# For moderators who cannot see them.
PICTURES = {
    "source": N_("The picture that the result was made from"),
    "mask": N_("The mask that came with the picture"),
    "transparency": N_("Where the picture is transparent"),
    "result": N_("The result that is to be decided on"),
}


async def post_case(bot: "RestyleBot", case: Case) -> bool:
    """Show a case in its guild's report channel; False where that cannot be done.

    A case that no moderator can see is taken back, so that nobody waits for it.
    """
    guild = await bot.app.database.guilds.get(case.guild_id)
    channel_id = guild.report_channel_id
    if channel_id is not None:
        channel = bot.get_partial_messageable(channel_id, guild_id=case.guild_id)
        try:
            card = await channel.send(
                await _card(bot, case),
                files=await _pictures(bot, case),
                view=case_view(case),
                allowed_mentions=QUIET,
            )
        except UNREACHED as error:
            log.warning("a case could not be posted", case=case.id, error=str(error))
        else:
            await bot.app.database.cases.posted(case.id, channel_id, card.id)
            return True
    await bot.app.database.cases.drop(case, case_texts.RESULT_EXPLICIT)
    return False


async def post_left(bot: "RestyleBot", before: datetime) -> None:
    """Post the cases of which a bot died before it had shown them to anybody."""
    for case in await bot.app.database.cases.without_card(before):
        log.info("a case had no card", case=case.id)
        await post_case(bot, case)


async def has_desk(bot: "RestyleBot", guild_id: int | None) -> bool:
    """Whether a guild has a channel for reports and doubtful pictures."""
    if guild_id is None:
        return False
    return (await bot.app.database.guilds.get(guild_id)).report_channel_id is not None


async def open_case(bot: "RestyleBot", new: NewCase) -> bool | None:
    """Open and post a case; None where that member has reported that job already."""
    case = await bot.app.database.cases.open(new)
    return None if case is None else await post_case(bot, case)


async def _card(bot: "RestyleBot", case: Case) -> str:
    with reading(_language(bot, case)):
        job = await _job(bot, case)
        prompt = case_texts.held_prompt(case) if job is None else _prompt(job)
        return case_texts.card(case, prompt, "" if job is None else await _lineage(bot, job))


def _language(bot: "RestyleBot", case: Case) -> str:
    """Moderators read their guild's own language."""
    guild = bot.get_guild(case.guild_id)
    return "en-US" if guild is None else guild.preferred_locale.value


async def _pictures(bot: "RestyleBot", case: Case) -> list[discord.File]:
    """Source and result, hidden until clicked: nobody has to see them unprepared."""
    job = await _job(bot, case)
    payload = dict(case.payload or {})
    shown = {
        "source": payload.get("source_hash") if job is None else job.source_hash,
        "mask": payload.get("mask_hash"),
        "transparency": payload.get("alpha_hash"),
        "result": payload.get("result_hash") or (None if job is None else job.result_hash),
    }
    files = []
    for name, image_hash in shown.items():
        if image_hash is None:
            continue
        try:
            data = await bot.app.images.get(image_hash)
        except ImageStoreFailed:
            log.info("a picture of a case is no longer kept", case=case.id, picture=name)
            continue
        with reading(_language(bot, case)):
            alt = _(PICTURES[name])
        picture = discord.File(io.BytesIO(data), f"{name}.webp", description=alt, spoiler=True)
        files.append(picture)
    return files


async def _job(bot: "RestyleBot", case: Case) -> Job | None:
    if case.job_id is None:
        return None
    try:
        return await bot.app.database.jobs.get(case.job_id)
    except UnknownJob:
        return None


async def _lineage(bot: "RestyleBot", job: Job) -> str:
    steps: list[Job] = []
    while job.parent_id is not None and len(steps) < LINEAGE_SHOWN:
        try:
            job = await bot.app.database.jobs.get(job.parent_id)
        except UnknownJob:
            break
        steps.append(job)
    return case_texts.lineage(steps, more=job.parent_id is not None and bool(steps))


def _prompt(job: Job) -> str:
    return JobSpec.from_mapping(job.params).params.prompt
