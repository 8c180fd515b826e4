"""Everything an operator can see of a running bot, begun and ended together."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import discord
import structlog

from bot.application import Application
from bot.delivery.faults import UNREACHED
from bot.monitoring.live import LiveFigures
from bot.monitoring.lookout import Lookout
from bot.monitoring.server import MonitoringServer
from storage.errors import StorageError

log = structlog.get_logger(__name__)

QUIET = discord.AllowedMentions.none()


@asynccontextmanager
async def monitored(app: Application, client: discord.Client) -> AsyncIterator[MonitoringServer]:
    """Serve figures and watch over ``app``, which has been started, for as long as the block."""
    settings = app.settings
    live = LiveFigures(app.line, app.engine, app.database)
    app.metrics.registry.register(live)
    server = MonitoringServer(
        metrics=app.metrics,
        live=live,
        healthy=lambda: _healthy(app),
        ready=lambda: _ready(app, client),
    )

    async def tell(sentence: str) -> None:
        log.warning("operator notice", sentence=sentence)
        if settings.operator_channel_id is not None:
            await _post(client, settings.operator_channel_id, sentence)

    lookout = Lookout(
        engine=app.engine,
        data_dir=settings.data_dir,
        disk_low_bytes=settings.disk_low_bytes,
        metrics=app.metrics,
        tell=tell,
    )
    await server.start(settings.monitoring_host, settings.monitoring_port)
    lookout.start()
    try:
        yield server
    finally:
        await lookout.close()
        await server.close()
        app.metrics.registry.unregister(live)


async def _healthy(app: Application) -> Mapping[str, bool]:
    # That this is answered at all shows that the event loop turns.
    return {"loops": app.loops_alive}


async def _ready(app: Application, client: discord.Client) -> Mapping[str, bool]:
    return {
        "gateway": client.is_ready() and not client.is_closed(),
        "engine": app.engine.health().alive,
        "database": await _database_answers(app),
    }


async def _database_answers(app: Application) -> bool:
    try:
        await app.database.values.get("nothing")
    except StorageError as error:
        log.warning("the database does not answer", error=str(error))
        return False
    return True


async def _post(client: discord.Client, channel_id: int, sentence: str) -> None:
    try:
        await client.get_partial_messageable(channel_id).send(sentence, allowed_mentions=QUIET)
    except UNREACHED as error:
        log.error("the operator's channel could not be told", error=str(error))
