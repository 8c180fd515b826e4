"""Finding and fetching the picture that a member means."""

import asyncio
from urllib.parse import urlsplit

import aiohttp
import discord

from bot.errors import DownloadFailed, NoPicture
from bot.settings import Settings


def picture_in(message: discord.Message) -> discord.Attachment:
    """The first attachment of a message that says it is a picture, else its first attachment.

    Raises:
        NoPicture: The message has no attachment at all.
    """
    if not message.attachments:
        raise NoPicture("That message has no picture attached.")
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
        raise DownloadFailed("I only take pictures that were uploaded to Discord.")
    if attachment.size > settings.intake_max_bytes:
        most = settings.intake_max_bytes / 1024 / 1024
        raise NoPicture(f"That file is too large; {most:.0f} MB is the most I take.")
    try:
        async with asyncio.timeout(settings.download_timeout_s):
            return await attachment.read()
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        raise DownloadFailed("Discord did not hand me that picture. Please try again.") from error
