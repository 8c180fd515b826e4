"""Where Discord is: the real one, or a proxy or test server that the settings name."""

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.settings import Settings


def use_endpoints(settings: Settings) -> None:
    """Point discord.py there, for the life of the process."""
    if settings.discord_api_url is not None:
        Route.BASE = settings.discord_api_url.rstrip("/")
    if settings.discord_gateway_url is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.discord_gateway_url)


def api_base() -> str:
    """The REST base in use, with its version."""
    return Route.BASE
