"""Edits or posts one message by whichever way is still open: token, own permission, new post."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import discord

from bot.delivery.editing import QUIET, edit_as_bot
from bot.delivery.faults import Fault, fault_of
from bot.jobs.spec import is_private
from storage.records import Job

# What Discord keeps of a nonce.
NONCE_CHARS = 25
# "The past few minutes", says Discord's documentation of how long it knows one; less is on the safe
# side.
NONCE_LIFE = timedelta(minutes=2)
ORIGINAL = "@original"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a message shall show.

    Attributes:
        files: Makes the files anew for each try, since sending uses them up.
        view: Makes the buttons, or None for none.
    """

    content: str
    files: Callable[[], Sequence[discord.File]]
    view: Callable[[], discord.ui.View | None]


class PostUnknown(Exception):
    """A post was begun so long ago that Discord could not tell a second one from it."""


def check_post(begun_at: datetime | None, now: datetime) -> None:
    """Raise ``PostUnknown`` where a post that was begun then may be there and cannot be found."""
    if begun_at is not None and now - begun_at > NONCE_LIFE:
        raise PostUnknown("whether it was posted before is not known")


class Courier:
    """Knows the ways to a job's message and takes the first that is open."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def edit_by_token(self, job: Job, letter: Letter) -> int:
        """Edit the interaction's answer; works everywhere, but only for some minutes.

        Returns:
            The message's id.
        """
        webhook = discord.Webhook.partial(
            job.application_id, job.interaction_token, client=self._client
        )
        edited = await webhook.edit_message(
            # Discord takes the word for an id where the answer's own is not known.
            job.message_id or ORIGINAL,  # type: ignore[arg-type]
            content=letter.content,
            attachments=letter.files(),
            view=letter.view(),
            allowed_mentions=QUIET,
        )
        return edited.id

    async def deliver(
        self, job: Job, letter: Letter, begin_post: Callable[[], Awaitable[None]]
    ) -> int:
        """Show ``letter`` in the job's message, or in a new post where none is known.

        A thread that was archived meanwhile is opened again, where the bot may do that.

        Args:
            begin_post: Notes that there may be a post from now on.

        Returns:
            The id of the message that shows it.

        Raises:
            PostUnknown: ``begin_post`` says so.
            discord.HTTPException: The last way open failed; see ``faults.fault_of``.
        """
        try:
            return await self._deliver(job, letter, begin_post)
        except discord.HTTPException as error:
            if fault_of(error) is not Fault.ARCHIVED:
                raise
        await self._client.http.edit_channel(job.channel_id, archived=False)
        return await self._deliver(job, letter, begin_post)

    async def _deliver(
        self, job: Job, letter: Letter, begin_post: Callable[[], Awaitable[None]]
    ) -> int:
        message_id = await self.edit(job, letter)
        if message_id is None:
            await begin_post()
            message_id = await self._post(job, letter)
        return message_id

    async def edit(self, job: Job, letter: Letter) -> int | None:
        """Show ``letter`` in the job's message; its id, or None where no way leads to one.

        Raises:
            discord.HTTPException: The last way open failed; see ``faults.fault_of``.
        """
        if is_private(job):
            # Nobody can reach that message otherwise, and a post would show it to all.
            return await self.edit_by_token(job, letter)
        if job.interaction_expires_at > datetime.now(UTC):
            try:
                return await self.edit_by_token(job, letter)
            except discord.HTTPException as error:
                if fault_of(error) is not Fault.TOKEN_DEAD:
                    raise
        if job.message_id is not None:
            await edit_as_bot(
                self._client,
                job.channel_id,
                job.message_id,
                content=letter.content,
                files=letter.files(),
                view=letter.view(),
            )
        return job.message_id

    async def _post(self, job: Job, letter: Letter) -> int:
        channel = self._client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
        # The nonce lets Discord drop the second of two posts when an answer got lost on the way.
        send = partial(
            channel.send,
            letter.content,
            files=letter.files(),
            nonce=job.id[:NONCE_CHARS],
            allowed_mentions=QUIET,
        )
        view = letter.view()
        # discord.py takes no None for "without buttons" here.
        posted = await (send() if view is None else send(view=view))
        return posted.id
