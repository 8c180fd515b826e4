"""Whose pictures may be restyled: a member may want that nobody else does."""

from contextlib import suppress

import discord

from bot.errors import NotAllowed
from bot.language import _
from storage.database import Database
from storage.errors import UnknownJob


async def owner_of(database: Database, message: discord.Message) -> int:
    """Whose picture a message shows: for one of ours that of the member who asked for it."""
    jobs = await database.members.shown_in(message.id)
    return jobs[0].user_id if jobs else message.author.id


async def require_consent(database: Database, owner_id: int, asker_id: int) -> None:
    """Refuse a picture whose owner opted out, unless they ask themselves.

    Raises:
        NotAllowed: They want to be left alone.
    """
    if owner_id != asker_id and await database.members.opted_out(owner_id):
        raise NotAllowed(_("Whoever that picture belongs to wants nobody to restyle it."))


async def require_parents_consent(database: Database, parent_id: str | None, asker_id: int) -> None:
    """Refuse to go on from a picture whose maker opted out; a picture without parent passes.

    Raises:
        NotAllowed: They want to be left alone.
    """
    if parent_id is None:
        return
    with suppress(UnknownJob):
        parent = await database.jobs.get(parent_id)
        await require_consent(database, parent.user_id, asker_id)
