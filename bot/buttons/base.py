"""What all job buttons share: the custom_id with the job's id in it, and who may press."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self

import discord
import structlog

from bot.boundary import Pressable
from bot.errors import Gone, NotYours
from bot.jobs.spec import is_private
from bot.language import N_, _
from bot.moderation.deeds import deed_of
from bot.place import guild_of
from storage.audit import Deed
from storage.errors import UnknownJob
from storage.moderation_tables import TargetKind
from storage.records import Job

if TYPE_CHECKING:
    from bot.client import RestyleBot

log = structlog.get_logger(__name__)

UNKNOWN = N_("I no longer know that picture, so there is nothing to go on from.")
JOB_ID = r"(?P<job_id>[0-9a-z]{1,32})"


def pattern(action: str) -> str:
    """The custom_id of ``action`` on any job."""
    return f"r:{action}:{JOB_ID}"


class JobButton(Pressable[discord.ui.Button[Any]], template=r"r:never:"):
    """A button about one job. Subclasses give the template and the three class variables;
    the label is marked by ``N_`` and shown in the language of whoever reads the message."""

    action: ClassVar[str]
    label: ClassVar[str]
    style: ClassVar[discord.ButtonStyle] = discord.ButtonStyle.secondary

    def __init__(self, job_id: str, *, action: str = "", label: str = "") -> None:
        self.job_id = job_id
        self.custom_word = f"r:{action or self.action}:{job_id}"
        self._pressed: discord.Interaction[Any] | None = None
        super().__init__(
            discord.ui.Button(
                label=label or _(self.label), style=self.style, custom_id=self.custom_word
            )
        )

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """See ``Pressable``."""
        return cls(match["job_id"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """See ``Pressable``; where it was pressed is remembered for ``job``."""
        self._pressed = interaction
        await super().callback(interaction)

    async def job(self, bot: "RestyleBot") -> Job:
        """The job's row; raises ``Gone`` when it is no longer kept, or was made somewhere else."""
        return await find_job(bot, self.job_id, self._pressed)


async def find_job(
    bot: "RestyleBot", job_id: str, pressed: discord.Interaction[Any] | None = None
) -> Job:
    """The row of a job whose id came with a custom_id.

    Args:
        pressed: The press, which must have come from where the job is shown.

    Raises:
        Gone: It is no longer kept, or never was, or is shown somewhere else.
    """
    try:
        job = await bot.app.database.jobs.get(job_id)
    except UnknownJob as error:
        raise Gone(_(UNKNOWN)) from error
    # The bot never showed this button here: somebody wrote its custom_id by hand.
    if pressed is not None and not _shown_to(job, pressed):
        log.warning("a button was pressed out of its place", job=job.id)
        raise Gone(_(UNKNOWN))
    return job


def _shown_to(job: Job, pressed: discord.Interaction[Any]) -> bool:
    guild_id = guild_of(pressed)
    if job.guild_id != guild_id or (is_private(job) and job.user_id != pressed.user.id):
        return False
    # In direct messages there is no guild, and each channel is a member's own.
    return guild_id is not None or job.channel_id == pressed.channel_id


def require_owner(interaction: discord.Interaction[Any], job: Job) -> None:
    """Let only the job's author or somebody who may manage messages pass."""
    if interaction.user.id == job.user_id:
        return
    if interaction.guild_id is not None and interaction.permissions.manage_messages:
        return
    raise NotYours(_("Only the person who asked for it, or a moderator, may do that."))


def others_deed(interaction: discord.Interaction[Any], action: str, job: Job) -> Deed | None:
    """What a moderator does to somebody else's job; None for its author, whose own it is."""
    if interaction.user.id == job.user_id:
        return None
    return deed_of(interaction, action, target_kind=TargetKind.JOB, target_id=job.id)


def view_of(buttons: Iterable[type[JobButton]], job_id: str) -> discord.ui.View:
    """A view of these buttons on one job, in rows of five. It keeps no state, never times out."""
    return view_with(button(job_id) for button in buttons)


def view_with(items: Iterable[discord.ui.Item[Any]]) -> discord.ui.View:
    """A view of these items in their order; it keeps no state and never times out."""
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(item)
    return view
