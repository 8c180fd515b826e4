"""Finding and fetching the picture that a member means."""

import asyncio
from urllib.parse import urlsplit

import aiohttp
import discord

from bot.errors import DownloadFailed, NoPicture
from bot.language import _
from bot.settings import Settings


def picture_in(message: discord.Message) -> discord.Attachment:
    """The first attachment of a message that says it is a picture, else its first attachment.

    Raises:
        NoPicture: The message has no attachment at all.
    """
    if not message.attachments:
        raise NoPicture(_("That message has no picture attached."))
    for attachment in message.attachments:
        if (attachment.content_type or "").startswith("image/"):
            return attachment
    return message.attachments[0]


async def download(attachment: discord.Attachment, settings: Settings) -> bytes:
    """Fetch an attachment, from Discord's own hosts only and within size and time.

    Raises:
        DownloadFailed: Discord did not hand it out in time, or the address is not Discord's.
        NoPicture: It is larger than the setting allows.
    """
    host = urlsplit(attachment.url).hostname or ""
    if host not in settings.discord_cdn_hosts:
        raise DownloadFailed(_("I only take pictures that were uploaded to Discord."))
    if attachment.size > settings.intake_max_bytes:
        most = settings.intake_max_bytes / 1024 / 1024
        sentence = _("That file is too large; {most} MB is the most I take.")
        raise NoPicture(sentence.format(most=f"{most:.0f}"))
    try:
        async with asyncio.timeout(settings.download_timeout_s):
            return await attachment.read()
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        sentence = _("Discord did not hand me that picture. Please try again.")
        raise DownloadFailed(sentence) from error
