"""Lets others wait until a message shows its outcome: the demo's script, the tests."""

import asyncio
from collections import defaultdict

REMEMBERED = 1000


class OutcomeWatch:
    """Turns "the outcome is in this message, or was given up" into something to await."""

    def __init__(self) -> None:
        self._waiting: defaultdict[int, list[asyncio.Future[None]]] = defaultdict(list)
        self._settled: dict[int, None] = {}

    def settled(self, message_id: int | None) -> None:
        """Wake everyone who waits for the message; a job without one has nobody who waits."""
        if message_id is None:
            return
        self._settled[message_id] = None
        # The latest are remembered, for those who ask a moment late.
        while len(self._settled) > REMEMBERED:
            del self._settled[next(iter(self._settled))]
        for future in self._waiting.pop(message_id, []):
            if not future.done():
                future.set_result(None)

    async def wait(self, message_id: int) -> None:
        """Return once the message shows how its job ended."""
        if message_id in self._settled:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[message_id].append(future)
        await future
