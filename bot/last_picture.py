"""The last picture of a channel, for a command that brings none.

The bot has no message-content intent. Without it Discord shows a bot the attachments of its own
messages, of messages that mention it, and of direct messages with it, and of no others, by REST
too. Where the bot may read the channel's history, the newest of these is taken; where it may not,
its own newest result there, which the database knows.
"""

from typing import TYPE_CHECKING, Any

import discord

from bot.delivery.faults import UNREACHED
from bot.errors import NoPicture
from bot.jobs.spec import is_private
from bot.language import N_, _
from bot.pictures import Given, attached, picture_in, says_it_is_a_picture
from bot.privacy.consent import owners_of, owners_of_result, require_consent
from storage.errors import ImageMissing

if TYPE_CHECKING:
    from bot.client import RestyleBot

LOOKED_THROUGH = 50
NONE_SEEN = N_(
    "I see no picture here that I may use. Please attach one, or use *Restyle this* under *Apps* "
    "in the menu of the message that has it."
)
# A preview is a picture in the making, which is soon replaced.
PREVIEW = "preview.webp"


async def last_picture(interaction: "discord.Interaction[RestyleBot]") -> Given:
    """The newest picture in the interaction's channel that the bot is shown.

    Raises:
        NoPicture: There is none.
        DownloadFailed: Discord did not hand it out.
        NotAllowed: Its owner wants nobody to restyle it.
    """
    database, asker_id = interaction.client.app.database, interaction.user.id
    try:
        message = await _newest_message(interaction)
    except UNREACHED:
        # Not allowed after all, or out of reach: what was made here is known without asking.
        message = None
    if message is not None:
        owners = await owners_of(database, message)
        await require_consent(database, owners, asker_id)
        return await attached(picture_in(message), interaction.client.app.settings, owners)()
    assert interaction.channel_id is not None
    made = await database.jobs.newest_results(interaction.channel_id, LOOKED_THROUGH)
    # What was shown to another member alone is no picture of the channel's.
    job = next((one for one in made if one.user_id == asker_id or not is_private(one)), None)
    if job is None or job.result_hash is None:
        raise NoPicture(_(NONE_SEEN))
    owners = owners_of_result(job)
    await require_consent(database, owners, asker_id)
    try:
        return Given(await interaction.client.app.images.get(job.result_hash), owners)
    except ImageMissing as error:
        raise NoPicture(_(NONE_SEEN)) from error


async def _newest_message(
    interaction: "discord.Interaction[RestyleBot]",
) -> discord.Message | None:
    channel: Any = interaction.channel
    if not isinstance(channel, discord.abc.Messageable) or not _may_read(interaction):
        return None
    async for message in channel.history(limit=LOOKED_THROUGH):
        if any(
            says_it_is_a_picture(one) and one.filename != PREVIEW for one in message.attachments
        ):
            return message
    return None


def _may_read(interaction: discord.Interaction[Any]) -> bool:
    if interaction.guild_id is None:
        return True
    allowed = interaction.app_permissions
    return allowed.view_channel and allowed.read_message_history
