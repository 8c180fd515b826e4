"""Posts before and after for everybody, and takes such a post down again."""

import re
from typing import TYPE_CHECKING, Any, Self

import discord

from bot.buttons.base import JOB_ID, UNKNOWN, JobButton, pattern, require_owner
from bot.buttons.pair import Before, Pair, draw_pair, show_pair
from bot.buttons.report import ReportButton
from bot.errors import Gone, NotAllowed
from bot.jobs.origin import origin_of
from bot.jobs.spec import is_hidden, is_private
from bot.jobs.wish import NO_LONGER_KEPT
from bot.language import N_, _
from bot.moderation.admission import Admission
from bot.moderation.deeds import deed_of
from bot.moderation.holding import always_hidden
from bot.place import guild_of, may_post
from bot.privacy.consent import owners_of_result, require_consent
from storage.moderation_tables import TargetKind
from storage.posts import Post
from storage.records import Job

if TYPE_CHECKING:
    from bot.client import RestyleBot

POST_IT = N_("Post it here")
FOR_ONE = N_("That is for you alone here, so I do not post it.")


class ShareButton(JobButton, template=rf"r:share_(?P<before>parent|root):{JOB_ID}"):
    """Posts before and after for everybody."""

    def __init__(self, job_id: str, before: Before) -> None:
        super().__init__(job_id, action=f"share_{before}", label=_(POST_IT))
        self.before = before

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """See ``Pressable``."""
        return cls(match["job_id"], Before(match["before"]))

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Post it."""
        app = interaction.client.app
        if app.presses.again(interaction.user.id, self.custom_word):
            await interaction.response.defer()
            return
        here = may_post(interaction)
        answer = await interaction.response.defer(thinking=True, ephemeral=not here)
        job = await self.job(interaction.client)
        if not here or is_private(job):
            raise NotAllowed(_(FOR_ONE))
        # What a member posts for all is held to the rules for what they make.
        origin = origin_of(interaction, None)
        rules = await Admission(app.database).admit(origin)
        spoiler = is_hidden(job) or always_hidden(origin, rules)
        pair = await draw_pair(interaction, job, self.before, spoiler=spoiler)
        owners = {owner for one in pair.shown for owner in owners_of_result(one)}
        await require_consent(app.database, owners, interaction.user.id)
        message_id = answer.message_id if answer else None
        if message_id is None:
            message_id = (await interaction.original_response()).id
        # Noted before it shows anything: from here on it goes with what it shows.
        if not await app.database.posts.add(_post(interaction, pair, message_id)):
            raise Gone(_(NO_LONGER_KEPT))
        await show_pair(interaction, pair, post_buttons(job))


class UnpostButton(JobButton, template=pattern("unpost")):
    """Deletes the post that it is under; the result and its own message stay."""

    action = "unpost"
    label = N_("Delete")

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Delete it, for who posted it, for whose pictures it shows, and for moderators."""
        await interaction.response.defer()
        app = interaction.client.app
        job, message = await self.job(interaction.client), interaction.message
        post = None if message is None else await app.database.posts.get(message.id)
        if post is None or post.job_id != job.id:
            raise Gone(_(UNKNOWN))
        deed = None
        if interaction.user.id not in await _whose(interaction.client, post, job):
            require_owner(interaction, job)
            deed = deed_of(interaction, self.action, target_kind=TargetKind.JOB, target_id=job.id)
        await app.database.posts.erase(post.message_id, deed)
        await app.eraser.erase([post.message_id])


def post_buttons(job: Job) -> list[discord.ui.Item[Any]]:
    """What stands under a post of ``job``."""
    return [UnpostButton(job.id), ReportButton(job.id)]


def _post(interaction: "discord.Interaction[RestyleBot]", pair: Pair, message_id: int) -> Post:
    assert interaction.channel_id is not None
    before = pair.shown[1:]
    return Post(
        message_id=message_id,
        guild_id=guild_of(interaction),
        channel_id=interaction.channel_id,
        user_id=interaction.user.id,
        job_id=pair.job.id,
        before_id=before[0].id if before else None,
    )


async def _whose(bot: "RestyleBot", post: Post, job: Job) -> set[int]:
    """Who may take a post down: who posted it, and all whose pictures it shows."""
    before = [] if post.before_id is None else await bot.app.database.jobs.known([post.before_id])
    return {post.user_id, *(owner for one in (job, *before) for owner in owners_of_result(one))}
