"""Whose pictures may be restyled: a member may want that nobody else does."""

from collections.abc import Collection

import discord

from bot.errors import NotAllowed
from bot.jobs.spec import JobSpec
from bot.language import _
from storage.database import Database
from storage.records import Job


def owners_of_result(job: Job) -> tuple[int, ...]:
    """Whose picture a result is: whoever asked for it, and all whose pictures it goes back to."""
    return (job.user_id, *JobSpec.from_mapping(job.params).owner_ids)


async def owners_of(database: Database, message: discord.Message) -> tuple[int, ...]:
    """Whose picture a message shows; of one of ours it is not its author's."""
    jobs = await database.members.shown_in(message.id) or await _posted_in(database, message.id)
    if not jobs:
        return (message.author.id,)
    return tuple({owner for job in jobs for owner in owners_of_result(job)})


async def _posted_in(database: Database, message_id: int) -> list[Job]:
    """The jobs whose pictures a post shows."""
    post = await database.posts.get(message_id)
    if post is None:
        return []
    return await database.jobs.known([one for one in (post.job_id, post.before_id) if one])


async def require_consent(database: Database, owner_ids: Collection[int], asker_id: int) -> None:
    """Refuse a picture one of whose owners opted out, unless that is who asks.

    Raises:
        NotAllowed: They want to be left alone.
    """
    others = set(owner_ids) - {asker_id}
    if others and await database.members.any_opted_out(others):
        raise NotAllowed(_("Whoever that picture belongs to wants nobody to restyle it."))
