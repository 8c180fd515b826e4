"""What the loop of an engine reads and writes, whichever way its client is reached."""

import queue
from collections.abc import Callable
from typing import Protocol

from engine.protocol import Reply, Request


class Requests(Protocol):
    """Where an engine's loop finds what it is asked."""

    def get(self, *, wait: bool) -> Request | None:
        """The next request, None at the end; ``queue.Empty`` if there is none to wait for."""


class Replies(Protocol):
    """Where an engine's loop puts what it says."""

    def put(self, reply: Reply) -> None:
        """Send soon."""


class Served(Protocol):
    """What serves a client: the checkpoints of an engine, or a rehearsal of them."""

    def serve(
        self, inbox: Requests, outbox: Replies, *, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        """Greet, then work until the client goes away, says so, or ``stopped`` turns true."""


class RequestQueue:
    """Requests from another thread of the same process."""

    def __init__(self) -> None:
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()

    def put(self, request: Request | None) -> None:
        """Ask for something; None is the end."""
        self._requests.put(request)

    def get(self, *, wait: bool) -> Request | None:
        """The next request; raises ``queue.Empty`` when there is none and ``wait`` is false."""
        return self._requests.get(block=wait)


class ReplyCalls:
    """Hands each reply to a function."""

    def __init__(self, take: Callable[[Reply], object]) -> None:
        self._take = take

    def put(self, reply: Reply) -> None:
        """Hand it over, on the thread of the engine's loop."""
        self._take(reply)
