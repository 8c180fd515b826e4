"""`/lineage`: the whole tree of a picture, from the first source to all that came of it, as one."""

import io
from collections.abc import Awaitable, Collection, Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.buttons.showing import FOR_ADULTS, explicit_here, unchecked
from bot.errors import Gone, NoPicture
from bot.intake.wire import TreeNode
from bot.jobs.spec import JobSpec, is_hidden, is_private
from bot.language import N_, _
from bot.language.formats import number
from bot.listing import fitted, jump_link, prompt_of
from storage.errors import ImageStoreFailed, UnknownJob
from storage.records import Job

if TYPE_CHECKING:
    from bot.client import RestyleBot

MENU = N_("Show lineage")
# More cards than this are too small to tell apart on a phone.
MAX_NODES = 40
# Discord's limits on what autocomplete offers.
OFFERED, OFFERED_CHARS = 25, 100
LISTED_CHARS = 60


@app_commands.command(name="lineage", description="All that came of a picture, as one drawing")
@app_commands.describe(picture="One of your pictures; left out, it is your newest")
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
@app_commands.allowed_installs(guilds=True, users=True)
async def lineage_command(
    interaction: "discord.Interaction[RestyleBot]",
    picture: app_commands.Range[str, 1, 100] | None = None,
) -> None:
    """Answer with the tree, to the member alone."""
    await interaction.response.defer(ephemeral=True)
    await _show(interaction, await _own(interaction, picture))


@lineage_command.autocomplete("picture")
async def offer_pictures(
    interaction: "discord.Interaction[RestyleBot]", typed: str
) -> list[app_commands.Choice[str]]:
    """The member's newest pictures whose prompt has what was typed."""
    members = interaction.client.app.database.members
    jobs = await members.history(interaction.user.id, offset=0, limit=4 * OFFERED)
    named = [
        (" ".join(JobSpec.from_mapping(job.params).params.prompt.split()), job) for job in jobs
    ]
    return [
        app_commands.Choice(name=prompt[:OFFERED_CHARS] or job.id, value=job.id)
        for prompt, job in named
        if typed.lower() in prompt.lower()
    ][:OFFERED]


def lineage_menu() -> app_commands.ContextMenu:
    """Make the entry in the menu of messages."""

    async def show_lineage(
        interaction: "discord.Interaction[RestyleBot]", message: discord.Message
    ) -> None:
        await interaction.response.defer(ephemeral=True)
        jobs = await interaction.client.app.database.members.shown_in(message.id)
        if not jobs:
            raise NoPicture(_("That message shows no picture of mine."))
        await _show(interaction, jobs[0])

    callback: Any = show_lineage
    return app_commands.ContextMenu(
        name=MENU,
        callback=callback,
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
    )


async def _own(interaction: "discord.Interaction[RestyleBot]", picture: str | None) -> Job:
    database = interaction.client.app.database
    if picture is None:
        newest = await database.members.history(interaction.user.id, offset=0, limit=1)
        if not newest:
            raise NoPicture(_("I keep no pictures of yours."))
        return newest[0]
    try:
        job = await database.jobs.get(picture)
    except UnknownJob:
        job = None
    if job is None or job.user_id != interaction.user.id:
        raise Gone(_("That is none of your pictures; please choose one from the list."))
    return job


async def _show(interaction: "discord.Interaction[RestyleBot]", job: Job) -> None:
    app = interaction.client.app
    jobs = await app.database.members.lineage(job.root_id or job.id, MAX_NODES)
    places = {one.id: place for place, one in enumerate(jobs, start=1)}
    if not places:
        raise Gone(_("That picture is no longer kept, so there is nothing to go on from."))
    seen = {job.id for job in jobs if _may_see(interaction, job)}
    kept_back = {job.id for job in jobs if unchecked(job)}
    if kept_back and await explicit_here(interaction):
        kept_back = set()
    nodes = await _nodes(interaction, jobs, places, seen - kept_back)
    drawing = await app.intake.tree(nodes)
    alt = _("A tree of {count} pictures that came of one another").format(count=len(jobs))
    await interaction.edit_original_response(
        content=_listed(jobs, seen, note=_(FOR_ADULTS) if kept_back & seen else ""),
        attachments=[
            discord.File(
                io.BytesIO(drawing),
                "lineage.webp",
                description=alt,
                spoiler=any(map(is_hidden, jobs)),
            )
        ],
        allowed_mentions=discord.AllowedMentions.none(),
    )


async def _nodes(
    interaction: "discord.Interaction[RestyleBot]",
    jobs: Sequence[Job],
    places: dict[str, int],
    shown: Collection[str],
) -> list[TreeNode]:
    """The tree, with the pictures of those jobs that are ``shown``."""
    writer = interaction.client.app.writer
    root = JobSpec.from_mapping(jobs[0].params)
    nodes: list[TreeNode] = []
    if root.source_hash is not None:
        # The source that all began with has the first place, before every job.
        begun = None
        if jobs[0].id in shown:
            begun = await _kept(writer.restored(root.source_hash, root.alpha_hash))
        nodes = [TreeNode(parent=None, image=begun, label="0")]
    first = len(nodes)
    for job in jobs:
        image = None
        if job.id in shown and job.result_hash is not None:
            image = await _kept(writer.whole(job))
        # What lost its parent hangs from the beginning.
        parent = places.get(job.parent_id or "", 1 - first) - 1 + first if nodes else None
        label = f"{places[job.id]}"
        if JobSpec.from_mapping(job.params).source_hash is not None:
            label += f" · {number(JobSpec.from_mapping(job.params).params.strength, 2)}"
        nodes.append(TreeNode(parent=parent, image=image, label=label))
    return nodes


async def _kept(picture: Awaitable[bytes]) -> bytes | None:
    try:
        return await picture
    except ImageStoreFailed:
        return None


def _may_see(interaction: discord.Interaction[Any], job: Job) -> bool:
    """Own pictures, and those of this very channel, which whoever asks here can read."""
    shown_here = job.channel_id == interaction.channel_id and not is_private(job)
    return job.user_id == interaction.user.id or shown_here


def _listed(jobs: Sequence[Job], seen: Collection[str], *, note: str) -> str:
    lines = [_("0 is the picture that it began with. The number after the dot is the strength.")]
    if note:
        lines.append(note)
    for place, job in enumerate(jobs, start=1):
        if job.id not in seen:
            continue
        prompt, link = prompt_of(job, LISTED_CHARS), jump_link(job)
        lines.append(f"{place}. {prompt} <@{job.user_id}>" + (f" {link}" if link else ""))
    if len(jobs) == MAX_NODES:
        lines.append(_("Only the first {count} are drawn.").format(count=MAX_NODES))
    return fitted(lines)
