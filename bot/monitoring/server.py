"""`/metrics`, `/healthz` and `/readyz`, on loopback unless the operator says otherwise."""

import json
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web

from bot.monitoring.live import LiveFigures
from bot.monitoring.metrics import Metrics
from storage.errors import StorageError

log = structlog.get_logger(__name__)

TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"

Checks = Callable[[], Awaitable[Mapping[str, bool]]]


class MonitoringServer:
    """A small HTTP server beside the bot. It never keeps the bot from running.

    Args:
        healthy: What must be true of a process that is worth keeping.
        ready: What must be true of one that can serve members now.
    """

    def __init__(
        self, *, metrics: Metrics, live: LiveFigures, healthy: Checks, ready: Checks
    ) -> None:
        self._metrics = metrics
        self._live = live
        site = web.Application()
        site.router.add_get("/metrics", self._show_metrics)
        site.router.add_get("/healthz", self._answer(healthy))
        site.router.add_get("/readyz", self._answer(ready))
        self._runner = web.AppRunner(site, access_log=None)
        self.port: int | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen; a port that is taken is said in the log and nothing worse. 0 takes any."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            log.warning("no monitoring", host=host, port=port, error=error.strerror)
            return
        self.port = self._runner.addresses[0][1]
        log.info("monitoring", host=host, port=self.port)

    async def close(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _show_metrics(self, _request: web.Request) -> web.Response:
        try:
            await self._live.refresh()
        except StorageError as error:
            # The other figures matter most when the database is away.
            log.warning("the ledger could not be read for the metrics", error=str(error))
        return web.Response(body=self._metrics.exposition(), headers={"Content-Type": TEXT_FORMAT})

    @staticmethod
    def _answer(checks: Checks) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(_request: web.Request) -> web.Response:
            findings = dict(await checks())
            return web.Response(
                status=200 if all(findings.values()) else 503,
                text=json.dumps(findings) + "\n",
                content_type="application/json",
            )

        return answer
