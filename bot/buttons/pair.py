"""Before and after as one picture, and the message that shows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import discord

from bot.buttons.base import find_job
from bot.buttons.showing import file_of, require_place
from bot.errors import Gone, NotAllowed
from bot.jobs.spec import JobSpec, is_hidden
from bot.jobs.wish import NO_LONGER_KEPT
from bot.language import N_, _
from storage.errors import ImageMissing, UnknownJob
from storage.records import Job

if TYPE_CHECKING:
    from bot.client import RestyleBot

NAME = "compare"
NOTHING_BEFORE = N_("It was made from words alone, so there is no before.")
TITLE = N_("**Before and after**")
WITH_PARENT = N_("Left: what it was made from. Right: the result.")
WITH_ROOT = N_("Left: the very first picture. Right: the result.")
ALT = N_("Before on the left, after on the right")


class Before(StrEnum):
    """What stands on the left."""

    PARENT = "parent"
    ROOT = "root"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Before and after, drawn and ready to be shown.

    Attributes:
        shown: The jobs whose pictures they are, that on the right first.
    """

    shown: tuple[Job, ...]
    before: Before
    file: discord.File
    spoiler: bool

    @property
    def job(self) -> Job:
        """The one whose result stands on the right."""
        return self.shown[0]


async def draw_pair(
    interaction: "discord.Interaction[RestyleBot]",
    job: Job,
    before: Before,
    *,
    spoiler: bool | None = None,
) -> Pair:
    """Put before and after side by side.

    Args:
        spoiler: Whether they are hidden until clicked; None is as the result is.

    Raises:
        NotAllowed: There is no before, or one of the two may not be shown here.
        Gone: One of the two is no longer kept.
    """
    app = interaction.client.app
    shown = (job, *await _before(interaction.client, job, before))
    await require_place(interaction, *shown)
    try:
        left = await _left(interaction.client, job, before)
        if job.result_hash is None:
            raise Gone(_(NO_LONGER_KEPT))
        right = await app.writer.whole(job)
    except ImageMissing as error:
        raise Gone(_(NO_LONGER_KEPT)) from error
    both = await app.intake.side_by_side(left, right)
    encoded = await app.intake.shrink(both, interaction.filesize_limit)
    hidden = is_hidden(job) if spoiler is None else spoiler
    file = file_of(encoded, NAME, _(ALT), spoiler=hidden)
    return Pair(shown=shown, before=before, file=file, spoiler=hidden)


async def show_pair(
    interaction: "discord.Interaction[RestyleBot]",
    pair: Pair,
    buttons: Iterable[discord.ui.Item[Any]],
) -> None:
    """Fill the answer to ``interaction`` with a pair and buttons under it."""
    await interaction.edit_original_response(
        view=pair_view(pair.before, pair.file.uri, buttons, spoiler=pair.spoiler),
        attachments=[pair.file],
        allowed_mentions=discord.AllowedMentions.none(),
    )


def pair_view(
    before: Before, picture: str, buttons: Iterable[discord.ui.Item[Any]], *, spoiler: bool
) -> discord.ui.LayoutView:
    """The message: a line of text, the picture, and buttons under it.

    Args:
        picture: URL of the uploaded pair, as in ``attachment://compare.webp``.
    """
    title, line = _(TITLE), _(WITH_ROOT if before is Before.ROOT else WITH_PARENT)
    row: discord.ui.ActionRow[Any] = discord.ui.ActionRow()
    for button in buttons:
        row.add_item(button)
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.TextDisplay(f"{title}\n-# {line}"))
    view.add_item(
        discord.ui.MediaGallery(
            discord.MediaGalleryItem(picture, description=_(ALT), spoiler=spoiler)
        )
    )
    view.add_item(row)
    return view


async def _before(bot: "RestyleBot", job: Job, before: Before) -> list[Job]:
    """The job that stands on the left, where it is still known."""
    job_id = job.root_id if before is Before.ROOT else job.parent_id
    try:
        return [] if job_id is None else [await bot.app.database.jobs.get(job_id)]
    except UnknownJob:
        return []


async def _left(bot: "RestyleBot", job: Job, before: Before) -> bytes:
    spec = JobSpec.from_mapping(job.params)
    if before is Before.ROOT and job.root_id is not None:
        root = await find_job(bot, job.root_id)
        spec = JobSpec.from_mapping(root.params)
        # A lineage that began with words has its first result as its first picture.
        if spec.source_hash is None and root.result_hash is not None:
            return await bot.app.writer.whole(root)
    if spec.source_hash is None:
        raise NotAllowed(_(NOTHING_BEFORE))
    return await bot.app.writer.restored(spec.source_hash, spec.alpha_hash)
