"""Finding and fetching the picture that a member means."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
import discord

from bot.delivery.faults import UNREACHED
from bot.errors import DownloadFailed, NoPicture
from bot.language import N_, _
from bot.settings import Settings

AVATAR_SIDE = 1024
CHUNK_BYTES = 64 * 1024
# No such host exists (RFC 2606): what a simulated Discord keeps there, it hands out itself.
NOWHERE = ".invalid"
NOT_DISCORDS = N_("I only take pictures that were uploaded to Discord.")
TOO_LARGE = N_("That file is too large; {most} MB is the most I take.")
NOT_HANDED_OUT = N_("Discord did not hand me that picture. Please try again.")
NONE_ATTACHED = N_("That message has no picture attached.")


@dataclass(frozen=True, slots=True)
class Given:
    """A picture as it was fetched.

    Attributes:
        owner_ids: Whose it is; nobody's where the member who asks brought it along.
    """

    data: bytes
    owner_ids: tuple[int, ...] = ()


Fetch = Callable[[], Awaitable[Given]]


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


def attached(
    attachment: discord.Attachment, settings: Settings, owner_ids: tuple[int, ...] = ()
) -> Fetch:
    """Fetches an attachment when it is called."""

    async def fetch() -> Given:
        return Given(await download(attachment, settings), owner_ids)

    return fetch


def avatar(user: discord.User | discord.Member, settings: Settings) -> Fetch:
    """Fetches the avatar that a member is seen with, their guild's own where they have one."""
    # An animated one is asked for as its first frame.
    asset = user.display_avatar.replace(size=AVATAR_SIDE, static_format="png", format="png")

    async def fetch() -> Given:
        _require_discords(asset.url, settings)
        return Given(await _read(asset, settings), (user.id,))

    return fetch


async def download(attachment: discord.Attachment, settings: Settings) -> bytes:
    """Fetch an attachment, from Discord's own hosts only and within size and time.

    Raises:
        DownloadFailed: Discord did not hand it out in time, or the address is not Discord's.
        NoPicture: It is larger than the setting allows.
    """
    _require_discords(attachment.url, settings)
    if attachment.size > settings.intake_max_bytes:
        raise _too_large(settings)
    return await _read(attachment, settings)


def _require_discords(url: str, settings: Settings) -> None:
    if (urlsplit(url).hostname or "") not in settings.discord_cdn_hosts:
        raise DownloadFailed(_(NOT_DISCORDS))


async def _read(what: discord.Attachment | discord.Asset, settings: Settings) -> bytes:
    simulated = (urlsplit(what.url).hostname or "").endswith(NOWHERE)
    most = settings.intake_max_bytes
    try:
        async with asyncio.timeout(settings.download_timeout_s):
            data = await (what.read() if simulated else _fetch(what.url, most))
    except UNREACHED as error:
        raise DownloadFailed(_(NOT_HANDED_OUT)) from error
    # Whatever size was announced, this is the one that counts.
    if len(data) > most:
        raise _too_large(settings)
    return data


async def _fetch(url: str, max_bytes: int) -> bytes:
    """At most one byte more than ``max_bytes``; a redirect to elsewhere is not followed."""
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        session.get(url, allow_redirects=False) as response,
    ):
        if response.status != 200:
            raise aiohttp.ClientError(f"the CDN answered {response.status}")
        data = bytearray()
        async for chunk in response.content.iter_chunked(CHUNK_BYTES):
            data += chunk
            if len(data) > max_bytes:
                break
        return bytes(data[: max_bytes + 1])


def _too_large(settings: Settings) -> NoPicture:
    most = f"{settings.intake_max_bytes / 1024 / 1024:.0f}"
    return NoPicture(_(TOO_LARGE).format(most=most))
