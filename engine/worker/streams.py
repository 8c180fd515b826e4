"""The standard streams of an engine, and the threads that read and write off the loop's own."""

import logging
import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from engine.pipes import make_room
from engine.protocol import (
    HEADER_BYTES,
    ProtocolError,
    Reply,
    Request,
    body_length,
    decode_request,
    frame,
)

logger = logging.getLogger(__name__)


def claim_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take the pipe ends for ourselves; a library's print goes to stderr from now on."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = os.fdopen(os.dup(0), "rb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return requests, replies


class Inbox:
    """Requests as they come in; None once the client is gone or a stop was asked for.

    ``ended`` is called, on the reading thread, as soon as the client is gone.
    """

    def __init__(self, stream: BinaryIO, *, ended: Callable[[], None] = lambda: None) -> None:
        self._stream = stream
        self._ended = ended
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, name="requests", daemon=True)
        self._thread.start()

    def get(self, *, wait: bool) -> Request | None:
        """The next request; raises ``queue.Empty`` when there is none and ``wait`` is false."""
        return self._requests.get(block=wait)

    def close(self) -> None:
        """Let the loop read an end of stream next (safe to call from a signal handler)."""
        self._requests.put(None)

    def join(self) -> None:
        """Wait until the client's end of the stream was read."""
        self._thread.join()

    def _read(self) -> None:
        try:
            while header := self._stream.read(HEADER_BYTES):
                body = self._stream.read(body_length(header))
                self._requests.put(decode_request(body))
        except (OSError, ProtocolError) as error:
            logger.error("the client's stream broke: %s", error)
        self._ended()
        self._requests.put(None)


class Outbox:
    """Replies on their way out; a client that is gone is no error here, the inbox sees it too."""

    def __init__(self, stream: BinaryIO) -> None:
        make_room(stream)
        self._stream = stream
        self._replies: queue.SimpleQueue[bytearray | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="replies", daemon=True)
        self._thread.start()

    def put(self, reply: Reply) -> None:
        """Send soon; raises ``ProtocolError`` here and now for what no frame can hold."""
        self._replies.put(frame(reply))

    def close(self) -> None:
        """Send all that is left, then stop."""
        self._replies.put(None)
        self._thread.join(10)

    def _write(self) -> None:
        while (data := self._replies.get()) is not None:
            try:
                self._stream.write(data)
                self._stream.flush()
            except OSError:
                return
