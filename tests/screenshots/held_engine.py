"""The real engine, whose attempts stop halfway for as long as a picture of that is taken."""

import asyncio
from collections.abc import AsyncGenerator

from engine.client import LocalEngine
from engine.events import Event, Preview, Progress
from engine.params import Attempt


class HeldEngine(LocalEngine):
    """While ``gate`` is closed, nothing is told of an attempt from its first preview on.

    A quick machine is halfway before there is one; then that is where it stops.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # the same as there
        self.gate = asyncio.Event()
        self.gate.set()
        self.halfway = asyncio.Event()

    async def submit(self, attempt: Attempt) -> AsyncGenerator[Event, None]:
        """As in ``LocalEngine``."""
        async for event in super().submit(attempt):
            yield event
            halfway = isinstance(event, Progress) and 2 * event.step >= event.total
            if halfway or isinstance(event, Preview):
                self.halfway.set()
                await self.gate.wait()
