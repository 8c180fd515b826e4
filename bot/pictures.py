"""Finding and fetching the picture that a member means."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import urlsplit

import aiohttp
import discord

from bot.errors import DownloadFailed, NoPicture
from bot.language import N_, _
from bot.settings import Settings

AVATAR_SIDE = 1024
NOT_DISCORDS = N_("I only take pictures that were uploaded to Discord.")
TOO_LARGE = N_("That file is too large; {most} MB is the most I take.")
NOT_HANDED_OUT = N_("Discord did not hand me that picture. Please try again.")
NONE_ATTACHED = N_("That message has no picture attached.")


def picture_in(message: discord.Message) -> discord.Attachment:
    """The first attachment of a message that says it is a picture, else its first attachment.

    Raises:
        NoPicture: The message has no attachment at all.
    """
    if not message.attachments:
        raise NoPicture(_(NONE_ATTACHED))
    for attachment in message.attachments:
        if says_it_is_a_picture(attachment):
            return attachment
    return message.attachments[0]


def says_it_is_a_picture(attachment: discord.Attachment) -> bool:
    """Whether Discord took the file for a picture; what it is, its bytes will tell."""
    return (attachment.content_type or "").startswith("image/")


def attached(attachment: discord.Attachment, settings: Settings) -> Callable[[], Awaitable[bytes]]:
    """Fetches an attachment when it is called."""
    return partial(download, attachment, settings)


def avatar(
    user: discord.User | discord.Member, settings: Settings
) -> Callable[[], Awaitable[bytes]]:
    """Fetches the avatar that a member is seen with, their guild's own where they have one."""
    # An animated one is asked for as its first frame.
    asset = user.display_avatar.replace(size=AVATAR_SIDE, static_format="png", format="png")

    async def fetch() -> bytes:
        _require_discords(asset.url, settings)
        return await _read(asset.read(), settings)

    return fetch


async def download(attachment: discord.Attachment, settings: Settings) -> bytes:
    """Fetch an attachment, from Discord's own hosts only and within size and time.

    Raises:
        DownloadFailed: Discord did not hand it out in time, or the address is not Discord's.
        NoPicture: It is larger than the setting allows.
    """
    _require_discords(attachment.url, settings)
    if attachment.size > settings.intake_max_bytes:
        raise NoPicture(_(TOO_LARGE).format(most=f"{settings.intake_max_bytes / 1024 / 1024:.0f}"))
    return await _read(attachment.read(), settings)


def _require_discords(url: str, settings: Settings) -> None:
    if (urlsplit(url).hostname or "") not in settings.discord_cdn_hosts:
        raise DownloadFailed(_(NOT_DISCORDS))


async def _read(reading: Awaitable[bytes], settings: Settings) -> bytes:
    try:
        async with asyncio.timeout(settings.download_timeout_s):
            return await reading
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        raise DownloadFailed(_(NOT_HANDED_OUT)) from error
