"""Deletes everything of a member: jobs, pictures and the messages that show them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.jobs.spec import is_private
from storage.dropping import drop_unused
from storage.records import JobStatus

if TYPE_CHECKING:
    from bot.client import RestyleBot

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What was deleted.

    Attributes:
        jobs: Rows, each with what it made.
        messages_left: Messages that are still to be deleted; the bot goes on with them.
        in_flight: Jobs that still run and were asked to stop.
    """

    jobs: int
    messages_left: int
    in_flight: int


async def forget(bot: "RestyleBot", user_id: int) -> Deleted:
    """Delete everything of a member but the ledger and their wish to be left alone."""
    app = bot.app
    for job in await app.database.members.everything(user_id):
        if job.status in (JobStatus.QUEUED, JobStatus.RUNNING):
            await app.dispatcher.cancel(job.id)
    forgotten = await app.database.members.forget(
        user_id, reachable=lambda job: not is_private(job)
    )
    await drop_unused(app.database, app.images, forgotten.unused)
    left = await app.eraser.erase(forgotten.messages)
    log.info("member forgotten", jobs=len(forgotten.jobs), messages=len(forgotten.messages))
    return Deleted(jobs=len(forgotten.jobs), messages_left=left, in_flight=forgotten.in_flight)
