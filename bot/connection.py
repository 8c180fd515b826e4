"""Getting into Discord and staying there: what is tried again, and what the operator must mend."""

import asyncio

import aiohttp
import discord
import structlog

from bot.delivery.faults import Fault, fault_of
from bot.errors import ConnectionRefused, SettingsError

log = structlog.get_logger(__name__)

REFUSED_TOKEN = "Discord refuses RESTYLE_DISCORD_TOKEN."  # noqa: S105  # about it, not one
AUTHENTICATION_FAILED = 4004
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0


class Pauses:
    """The pauses between two tries to log in, or to connect, doubling up to a minute."""

    def __init__(self) -> None:
        self._next_s = FIRST_PAUSE_S

    def next_s(self) -> float:
        """How long to wait now, in seconds."""
        pause_s, self._next_s = self._next_s, min(LONGEST_PAUSE_S, self._next_s * 2)
        return pause_s

    async def wait(self, stop: asyncio.Event) -> None:
        """Wait for as long as it is time, or until ``stop`` is set."""
        try:
            async with asyncio.timeout(self.next_s()):
                await stop.wait()
        except TimeoutError:
            return


async def log_in(client: discord.Client, token: str) -> bool:
    """Log in and register the commands; False when Discord is not well and later may be better.

    Raises:
        SettingsError: Discord refuses the token.
    """
    try:
        await client.login(token)
    except discord.LoginFailure as error:
        raise SettingsError(REFUSED_TOKEN) from error
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        if fault_of(error) is not Fault.TRY_LATER:
            raise
        log.warning("not logged in, next try soon", error=f"{type(error).__name__}: {error}")
        return False
    return True


async def stay_connected(client: discord.Client) -> None:
    """Keep the gateway's connection for as long as Discord lets us.

    Raises:
        SettingsError: Discord refuses the token.
        ConnectionRefused: Discord closed the connection for good.
    """
    pauses = Pauses()
    while True:
        try:
            return await client.connect()
        except (discord.GatewayNotFound, aiohttp.ClientError, OSError) as error:
            # Discord was asked how many shards it wants, which nobody tries again for us.
            cause = error.__cause__ or error
            if fault_of(cause) is not Fault.TRY_LATER:
                raise
            log.warning("the gateway is not told, next try soon", error=str(cause))
            await asyncio.sleep(pauses.next_s())
        except AttributeError:
            # discord.py looks at the socket that it never got: the first try to connect failed.
            if getattr(client, "ws", None) is not None:
                raise
            log.warning("the gateway cannot be reached, next try now")
        except discord.ConnectionClosed as error:
            if error.code == AUTHENTICATION_FAILED:
                raise SettingsError(REFUSED_TOKEN) from error
            raise ConnectionRefused(
                f"Discord closed the connection for good (code {error.code})."
            ) from error
        except discord.PrivilegedIntentsRequired as error:
            raise ConnectionRefused(
                "Discord closed the connection for good (code 4014)."
            ) from error
