"""Lets others wait for what a job's message shows: the demo's script, the tests."""

import asyncio
from collections import OrderedDict

# Nobody waits but the demo and the tests, and an event takes a kilobyte.
REMEMBERED = 100


class MessageWatch:
    """Turns "this message shows progress, or the outcome" into something to await.

    Those who ask a moment late are answered at once: the latest messages are remembered.
    """

    def __init__(self) -> None:
        self._progress: OrderedDict[int, asyncio.Event] = OrderedDict()
        self._outcome: OrderedDict[int, asyncio.Event] = OrderedDict()

    def progressed(self, message_id: int | None) -> None:
        """The message shows progress. A job without a message has nobody who waits."""
        if message_id is not None:
            _event(self._progress, message_id).set()

    def settled(self, message_id: int | None) -> None:
        """The message shows how its job ended, or that was given up."""
        if message_id is not None:
            _event(self._outcome, message_id).set()

    async def progress(self, message_id: int) -> None:
        """Return once the message has shown progress."""
        await _event(self._progress, message_id).wait()

    async def outcome(self, message_id: int) -> None:
        """Return once the message shows how its job ended."""
        await _event(self._outcome, message_id).wait()


def _event(events: OrderedDict[int, asyncio.Event], message_id: int) -> asyncio.Event:
    event = events.setdefault(message_id, asyncio.Event())
    # Only what has happened is forgotten; what is still waited for stays.
    while len(events) > REMEMBERED and next(iter(events.values())).is_set():
        events.popitem(last=False)
    return event
