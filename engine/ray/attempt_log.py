"""What an actor keeps of one attempt: little, and enough for a reader who comes back."""

import asyncio
from collections.abc import AsyncGenerator

from engine.events import Event, Terminal


class AttemptLog:
    """The latest event of each kind. Readers may come late, leave, and come again.

    A step's number supersedes the one before it and so does a preview, so a log holds four events
    at most, however long its attempt ran and however slowly it is read. It belongs to one event
    loop.
    """

    def __init__(self) -> None:
        self._latest: dict[type[Event], Event] = {}
        self._grown = asyncio.Event()

    @property
    def over(self) -> bool:
        """Whether the terminal event is there."""
        return any(issubclass(kind, Terminal) for kind in self._latest)

    def add(self, event: Event) -> None:
        """Keep an event and wake the readers; what comes after the terminal one is dropped."""
        if self.over:
            return
        # Taken out and put in again: the order of the dictionary stays that of ``seq``.
        self._latest.pop(type(event), None)
        self._latest[type(event)] = event
        self._grown.set()
        self._grown = asyncio.Event()

    async def after(self, seq: int) -> AsyncGenerator[Event, None]:
        """The events numbered above ``seq``, up to the terminal one, as they come."""
        while True:
            grown = self._grown
            for event in [one for one in self._latest.values() if one.seq > seq]:
                seq = event.seq
                yield event
                if isinstance(event, Terminal):
                    return
            if self.over and grown is self._grown:
                return
            await grown.wait()
