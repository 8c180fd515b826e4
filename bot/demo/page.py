"""The demo's local page: slash picker, real upload, buttons and forms, until Ctrl-C."""

import asyncio
import signal
from collections.abc import Callable

import simcord

from bot.demo.world import World

REFRESH_INTERVAL_S = 0.25


async def serve_page(world: World, *, port: int | None, announce: Callable[[str], None]) -> None:
    """Serve the channel on 127.0.0.1 and return after SIGINT, SIGTERM or when the page is closed.

    Args:
        port: TCP port, None for any free one.
        announce: Called with the page's URL. The URL is the key to the page.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with world.env.preview(
        world.channel, viewers=[world.alice], layout="channel", port=port
    ) as preview:
        await preview.show(world.welcome)
        announce(preview.url)
        refresher = asyncio.create_task(_refresh(world, preview), name="page-refresher")
        ends = [
            asyncio.create_task(stop.wait(), name="page-stop"),
            asyncio.create_task(preview.wait_closed(), name="page-closed"),
        ]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (refresher, *ends):
                task.cancel()
            await asyncio.gather(refresher, *ends, return_exceptions=True)
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


async def _refresh(world: World, preview: "simcord.Preview") -> None:
    """Let the page show what the bot did on its own: progress and results."""
    seen = -1
    while True:
        # simcord tells of changes in its transcript only, so it has to be looked at.
        await asyncio.sleep(REFRESH_INTERVAL_S)
        count = sum(name.startswith("MESSAGE_") for _, name, _ in world.env.backend.transcript)
        if count == seen:
            continue
        try:
            await preview.refresh()
        except simcord.SetupError:
            continue  # An action is under way on the page; the next look comes soon.
        seen = count
