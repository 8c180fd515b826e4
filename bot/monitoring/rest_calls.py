"""Watches every REST call that discord.py makes, without discord.py knowing."""

import re
from types import SimpleNamespace

import aiohttp
import discord

from bot.monitoring.metrics import Metrics

_CALLBACK = re.compile(r"/interactions/(\d+)/[^/]+/callback$")


def rest_trace(metrics: Metrics) -> aiohttp.TraceConfig:
    """For ``discord.Client(http_trace=…)``: counts calls and times the first answers."""
    trace = aiohttp.TraceConfig()

    async def ended(
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        call: aiohttp.TraceRequestEndParams,
    ) -> None:
        metrics.called(call.method, str(call.response.status))
        if call.response.ok and (callback := _CALLBACK.search(call.url.path)):
            # The id of anything on Discord tells when it was made.
            metrics.acknowledged(discord.utils.snowflake_time(int(callback[1])))

    async def broke(
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        call: aiohttp.TraceRequestExceptionParams,
    ) -> None:
        metrics.called(call.method, "broken")

    trace.on_request_end.append(ended)
    trace.on_request_exception.append(broke)
    return trace
