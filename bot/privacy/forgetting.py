"""Deletes everything of a member: jobs, pictures and the messages that show them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import discord
import structlog

from storage.dropping import drop_unused
from storage.records import Job, JobStatus

if TYPE_CHECKING:
    from bot.client import RestyleBot

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What was deleted.

    Attributes:
        jobs: Rows, each with what it made.
        messages: Messages taken out of their channels.
        kept_messages: Messages that could not be reached any more.
        in_flight: Jobs that still run and were asked to stop.
    """

    jobs: int
    messages: int
    kept_messages: int
    in_flight: int


async def forget(bot: "RestyleBot", user_id: int) -> Deleted:
    """Delete everything of a member but the ledger and their wish to be left alone."""
    app = bot.app
    for job in await app.database.members.everything(user_id):
        if job.status in (JobStatus.QUEUED, JobStatus.RUNNING):
            await app.dispatcher.cancel(job.id)
    forgotten = await app.database.members.forget(user_id)
    await drop_unused(app.database, app.images, forgotten.unused)
    messages = {job.message_id: job for job in forgotten.jobs if job.message_id is not None}
    gone = [await _message_gone(bot, job) for job in messages.values()]
    log.info("member forgotten", jobs=len(forgotten.jobs), messages=len(gone))
    return Deleted(
        jobs=len(forgotten.jobs),
        messages=sum(gone),
        kept_messages=len(gone) - sum(gone),
        in_flight=forgotten.in_flight,
    )


async def _message_gone(bot: "RestyleBot", job: Job) -> bool:
    assert job.message_id is not None
    channel = bot.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
    try:
        await channel.get_partial_message(job.message_id).delete()
    except discord.NotFound:
        return True
    except discord.HTTPException as error:
        log.info("message not deleted", job=job.id, error=str(error))
        return False
    return True
