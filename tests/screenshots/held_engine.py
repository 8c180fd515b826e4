"""The real engine, whose attempts stop at a preview for as long as a picture of that is taken."""

import asyncio
from collections.abc import AsyncGenerator

from engine.client import LocalEngine
from engine.events import Event, Preview
from engine.params import Attempt


class HeldEngine(LocalEngine):
    """While ``gate`` is closed, nothing of an attempt is told after its first preview."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # the same as there
        self.gate = asyncio.Event()
        self.gate.set()
        self.previewed = asyncio.Event()

    async def submit(self, attempt: Attempt) -> AsyncGenerator[Event, None]:
        """As in ``LocalEngine``."""
        async for event in super().submit(attempt):
            yield event
            if isinstance(event, Preview):
                self.previewed.set()
                await self.gate.wait()
