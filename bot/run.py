"""`restyle run`: the bot on the real Discord, from login to a clean end."""

import asyncio
import gc
import signal

import discord
import structlog

from bot.application import Application
from bot.client import RestyleBot, bot_for
from bot.connection import Pauses, log_in, stay_connected
from bot.endpoints import use_endpoints
from bot.errors import SettingsError
from bot.monitoring.monitoring import monitored
from bot.reloading import reload_settings
from bot.settings import Settings

log = structlog.get_logger(__name__)


async def run_bot(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM, then let running jobs finish within the settings' limit.

    Raises:
        SettingsError: There is no token, or Discord refuses it.
        ConnectionRefused: Discord closed the connection for good.
        EngineError: The engine cannot be made ready.
        StorageError: The database cannot be reached.
    """
    if settings.discord_token is None:
        raise SettingsError("RESTYLE_DISCORD_TOKEN is not set; README.md tells how to get a token.")
    use_endpoints(settings)
    _spare_the_collector()
    app = Application(settings)
    # Before the engine, which may take minutes: unheeded, the signal would end the bot.
    _heed_reloads(settings)
    await app.open()
    try:
        stop = _stop_signal()
        pauses = Pauses()
        while not stop.is_set():
            # A client of its own for each try: one that could not log in is of no more use.
            async with bot_for(app) as client:
                if await log_in(client, settings.discord_token.get_secret_value()):
                    await _serve(app, client, stop)
                    return
            await pauses.wait(stop)
    finally:
        await app.close()


async def _serve(app: Application, client: RestyleBot, stop: asyncio.Event) -> None:
    await app.start(client)
    _spare_the_collector()
    async with monitored(app, client):
        await _until_stopped(client, stop)
    # While the client is still there to deliver what finishes.
    log.info("stopping", grace_s=app.settings.shutdown_grace_s)
    await app.close()


def _spare_the_collector() -> None:
    """Say that what there is by now stays: imports, translations, commands.

    Else every full round of the garbage collector would look at all of it again, and hold up the
    loop for a tenth of a second and more.
    """
    gc.freeze()


def _stop_signal() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


def _heed_reloads(settings: Settings) -> None:
    """Read the settings again at SIGHUP, where the system has it."""
    if hangup := getattr(signal, "SIGHUP", None):
        asyncio.get_running_loop().add_signal_handler(hangup, reload_settings, settings)


async def _until_stopped(client: discord.Client, stop: asyncio.Event) -> None:
    """Stay connected until a signal comes; a connection that ends for good raises its error."""
    connection = asyncio.create_task(stay_connected(client), name="gateway")
    stopped = asyncio.create_task(stop.wait(), name="stop-signal")
    try:
        await asyncio.wait((connection, stopped), return_when=asyncio.FIRST_COMPLETED)
        if connection.done():
            connection.result()
    finally:
        for task in (connection, stopped):
            task.cancel()
        await asyncio.gather(connection, stopped, return_exceptions=True)
