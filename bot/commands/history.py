"""`/history`: a member's own pictures, a few at a time, each with the way back to its message."""

import io
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import app_commands

from bot import texts
from bot.boundary import Pressable
from bot.buttons.showing import FOR_ADULTS, explicit_here, unchecked
from bot.jobs.spec import is_hidden
from bot.language import N_, _
from bot.listing import facts_of, jump_link, prompt_of
from storage.errors import ImageStoreFailed
from storage.records import Job

if TYPE_CHECKING:
    from bot.client import RestyleBot

PER_PAGE = 5
THUMBNAIL_SIDE = 256
PROMPT_CHARS = 200
# A page number in a custom_id; nobody turns further than this by hand.
PAGE = r"history:(?P<page>[0-9]{1,6})"
NEWER, OLDER = N_("Newer"), N_("Older")


class HistoryButton(Pressable[discord.ui.Button[Any]], template=PAGE):
    """Turns to a page; the page is all that it knows, so it outlives a restart."""

    def __init__(self, page: int, label: str = OLDER, *, disabled: bool = False) -> None:
        self.page = page
        super().__init__(
            discord.ui.Button(
                label=_(label),
                custom_id=f"history:{page}",
                style=discord.ButtonStyle.secondary,
                disabled=disabled,
            )
        )

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """See ``Pressable``."""
        return cls(int(match["page"]))

    async def pressed(self, interaction: "discord.Interaction[RestyleBot]") -> None:
        """Show the page in the same message."""
        await interaction.response.defer()
        await _show(interaction, self.page)


@app_commands.command(name="history", description="Your own pictures, the newest first")
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
@app_commands.allowed_installs(guilds=True, users=True)
async def history_command(interaction: "discord.Interaction[RestyleBot]") -> None:
    """Answer with the first page, to the member alone."""
    await interaction.response.defer(ephemeral=True)
    await _show(interaction, 0)


async def _show(interaction: "discord.Interaction[RestyleBot]", page: int) -> None:
    app, user_id = interaction.client.app, interaction.user.id
    count = await app.database.members.count(user_id)
    pages = max(1, -(-count // PER_PAGE))
    page = min(page, pages - 1)
    jobs = await app.database.members.history(user_id, offset=page * PER_PAGE, limit=PER_PAGE)
    hidden = set()
    if any(map(unchecked, jobs)) and not await explicit_here(interaction):
        hidden = {job.id for job in jobs if unchecked(job)}
    pictures = [
        None if job.id in hidden else await _thumbnail(interaction.client, job) for job in jobs
    ]
    files = [
        None if data is None else _file(job, data) for job, data in zip(jobs, pictures, strict=True)
    ]
    await interaction.edit_original_response(
        view=page_layout(jobs, files, page, pages, count, hidden),
        attachments=[file for file in files if file is not None],
        allowed_mentions=discord.AllowedMentions.none(),
    )


async def _thumbnail(bot: "RestyleBot", job: Job) -> bytes | None:
    try:
        image = await bot.app.writer.whole(job)
    except ImageStoreFailed:
        return None
    return await bot.app.intake.thumbnail(image, THUMBNAIL_SIDE)


def _file(job: Job, data: bytes) -> discord.File:
    return discord.File(
        io.BytesIO(data),
        f"{job.id}.webp",
        description=texts.alt_text(job),
        spoiler=is_hidden(job),
    )


def page_layout(
    jobs: Sequence[Job],
    files: Sequence[discord.File | None],
    page: int,
    pages: int,
    count: int,
    hidden: Collection[str] = (),
) -> discord.ui.LayoutView:
    """One page: a line and a thumbnail for each picture, and the buttons to the pages beside it.

    Args:
        hidden: Ids of the jobs whose pictures may not be shown here.
    """
    view = discord.ui.LayoutView(timeout=None)
    if not jobs:
        view.add_item(discord.ui.TextDisplay(_("I keep no pictures of yours.")))
        return view
    heading = _("Your pictures: {count} in all, page {page} of {pages}")
    view.add_item(
        discord.ui.TextDisplay("### " + heading.format(count=count, page=page + 1, pages=pages))
    )
    for job, file in zip(jobs, files, strict=True):
        view.add_item(_entry(job, file, hidden=job.id in hidden))
    if pages > 1:
        row: discord.ui.ActionRow[Any] = discord.ui.ActionRow()
        # Two buttons of one message may not have the same custom_id, not even a useless one.
        row.add_item(HistoryButton(page - 1 if page else pages, NEWER, disabled=page == 0))
        row.add_item(HistoryButton(page + 1, OLDER, disabled=page + 1 >= pages))
        view.add_item(row)
    return view


def _entry(job: Job, file: discord.File | None, *, hidden: bool) -> discord.ui.Item[Any]:
    line = _line(job)
    if hidden:
        line += f"\n-# {_(FOR_ADULTS)}"
    text: discord.ui.TextDisplay[Any] = discord.ui.TextDisplay(line)
    if file is None:
        return text
    thumbnail: discord.ui.Thumbnail[Any] = discord.ui.Thumbnail(file, description=file.description)
    return discord.ui.Section(text, accessory=thumbnail)


def _line(job: Job) -> str:
    facts = [*facts_of(job), f"<t:{int(job.created_at.timestamp())}:R>"]
    lines = [f"**{prompt_of(job, PROMPT_CHARS)}**", f"-# {' · '.join(facts)}"]
    if link := jump_link(job):
        words = _("Go to the message")
        lines.append(f"[{words}]({link})")
    return "\n".join(lines)
