"""What the bot's process tells of itself on `/metrics`."""

import json

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.wire.bot import BotProcess


def port_of(bot: BotProcess) -> int:
    """Where its newest process shows its pages."""
    listens = [line for line in bot.log.splitlines() if '"event": "monitoring"' in line]
    port: int = json.loads(listens[-1])["port"]
    return port


async def figures(bot: BotProcess) -> dict[str, float]:
    """A scrape: every sample by ``name{label=value}``."""
    async with (
        aiohttp.ClientSession() as web,
        web.get(f"http://127.0.0.1:{port_of(bot)}/metrics") as answer,
    ):
        text = await answer.text()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found
