"""Before and after, side by side: with what a picture was made from, or with its very first."""

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

import discord

from bot.buttons.base import JOB_ID, JobButton, find_job, pattern
from bot.buttons.showing import file_of, require_place
from bot.errors import Gone, NotAllowed
from bot.jobs.origin import origin_of
from bot.jobs.spec import JobSpec, is_hidden, is_private
from bot.jobs.wish import NO_LONGER_KEPT
from bot.language import N_, _
from bot.moderation.admission import Admission
from bot.moderation.holding import always_hidden
from bot.place import may_post
from storage.errors import ImageMissing, UnknownJob
from storage.records import Job

if TYPE_CHECKING:
    from bot.client import RestyleBot

NAME = "compare"
NOTHING_BEFORE = N_("It was made from words alone, so there is no before.")
TITLE = N_("**Before and after**")
WITH_PARENT = N_("Left: what it was made from. Right: the result.")
WITH_ROOT = N_("Left: the very first picture. Right: the result.")
FOR_ONE = N_("That is for you alone here, so I do not post it.")
ALT = N_("Before on the left, after on the right")


class Before(StrEnum):
    """What stands on the left."""

    PARENT = "parent"
    ROOT = "root"


COMPARE_WITH = {
    Before.PARENT: N_("With the one before"),
    Before.ROOT: N_("With the very first"),
}
POST_IT = N_("Post it here")


class CompareButton(JobButton, template=pattern("compare")):
    """Shows before and after to the member alone, with a way to post it."""

    action = "compare"
    label = N_("Compare")

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Show it with what the picture was made from."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        job = await self.job(interaction.client)
        await show_pair(interaction, job, Before.PARENT, private=True)


class CompareWithButton(JobButton, template=rf"r:compare_(?P<before>parent|root):{JOB_ID}"):
    """Changes what stands on the left, in the private message that it is under."""

    def __init__(self, job_id: str, before: Before) -> None:
        super().__init__(job_id, action=f"compare_{before}", label=_(COMPARE_WITH[before]))
        self.before = before

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """See ``Pressable``."""
        return cls(match["job_id"], Before(match["before"]))

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Show the other pair."""
        await interaction.response.defer()
        await show_pair(interaction, await self.job(interaction.client), self.before, private=True)


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
        if interaction.client.app.presses.again(interaction.user.id, self.custom_word):
            await interaction.response.defer()
            return
        here = may_post(interaction)
        await interaction.response.defer(thinking=True, ephemeral=not here)
        job = await self.job(interaction.client)
        if not here or is_private(job):
            raise NotAllowed(_(FOR_ONE))
        # What a member posts for all is held to the rules for what they make.
        origin = origin_of(interaction, None)
        rules = await Admission(interaction.client.app.database).admit(origin)
        spoiler = is_hidden(job) or always_hidden(origin, rules)
        await show_pair(interaction, job, self.before, private=False, spoiler=spoiler)


async def show_pair(
    interaction: "discord.Interaction[RestyleBot]",
    job: Job,
    before: Before,
    *,
    private: bool,
    spoiler: bool | None = None,
) -> None:
    """Fill the answer to ``interaction`` with before and after.

    Args:
        spoiler: Whether they are hidden until clicked; None is as the result is.

    Raises:
        NotAllowed: There is no before, or one of the two may not be shown here.
        Gone: One of the two is no longer kept.
    """
    app = interaction.client.app
    limit = interaction.filesize_limit
    await require_place(interaction, job, *await _before(interaction.client, job, before))
    left_hash = await _left_hash(interaction.client, job, before)
    if job.result_hash is None:
        raise Gone(_(NO_LONGER_KEPT))
    try:
        left, right = await app.images.get(left_hash), await app.images.get(job.result_hash)
    except ImageMissing as error:
        raise Gone(_(NO_LONGER_KEPT)) from error
    pair = await app.intake.shrink(await app.intake.side_by_side(left, right), limit)
    spoiler = is_hidden(job) if spoiler is None else spoiler
    file = file_of(pair, NAME, _(ALT), spoiler=spoiler)
    await interaction.edit_original_response(
        view=pair_view(job, before, file.uri, private=private, spoiler=spoiler),
        attachments=[file],
        allowed_mentions=discord.AllowedMentions.none(),
    )


def pair_view(
    job: Job, before: Before, picture: str, *, private: bool, spoiler: bool
) -> discord.ui.LayoutView:
    """The message: a line of text, the picture, and in private the buttons under it.

    Args:
        picture: URL of the uploaded pair, as in ``attachment://compare.webp``.
    """
    title, line = _(TITLE), _(WITH_ROOT if before is Before.ROOT else WITH_PARENT)
    items: list[discord.ui.Item[Any]] = [
        discord.ui.TextDisplay(f"{title}\n-# {line}"),
        discord.ui.MediaGallery(
            discord.MediaGalleryItem(picture, description=_(ALT), spoiler=spoiler)
        ),
    ]
    if private:
        other = Before.PARENT if before is Before.ROOT else Before.ROOT
        row: discord.ui.ActionRow[Any] = discord.ui.ActionRow()
        # Of a first picture both are the same.
        if job.parent_id is not None:
            row.add_item(CompareWithButton(job.id, other))
        row.add_item(ShareButton(job.id, before))
        items.append(row)
    view = discord.ui.LayoutView(timeout=None)
    for item in items:
        view.add_item(item)
    return view


async def _before(bot: "RestyleBot", job: Job, before: Before) -> list[Job]:
    """The job that stands on the left, where it is still known."""
    job_id = job.root_id if before is Before.ROOT else job.parent_id
    try:
        return [] if job_id is None else [await bot.app.database.jobs.get(job_id)]
    except UnknownJob:
        return []


async def _left_hash(bot: "RestyleBot", job: Job, before: Before) -> str:
    if before is Before.ROOT and job.root_id is not None:
        root = await find_job(bot, job.root_id)
        # A lineage that began with words has its first result as its first picture.
        found = JobSpec.from_mapping(root.params).source_hash or root.result_hash
    else:
        found = JobSpec.from_mapping(job.params).source_hash
    if found is None:
        raise NotAllowed(_(NOTHING_BEFORE))
    return found
