"""Pipes with room for a whole picture, so that neither end waits for the other halfway."""

import asyncio
import contextlib
import fcntl
import os
from typing import IO

# What Linux allows without privileges; a lossless picture of 1024 × 1024 pixels is hardly larger.
ROOM_BYTES = 1024 * 1024


def make_room(stream: IO[bytes]) -> None:
    """Let a pipe hold ``ROOM_BYTES``; left as it is where that is refused, or it is no pipe."""
    resize = getattr(fcntl, "F_SETPIPE_SZ", None)
    if resize is None:
        return
    # The user's share of pipe memory may be used up; smaller pipes work as well, only slower.
    with contextlib.suppress(OSError):
        fcntl.fcntl(stream.fileno(), resize, ROOM_BYTES)


async def open_writer() -> tuple[int, asyncio.StreamWriter]:
    """The reading end for a child process, which the caller closes here, and a writer to it."""
    reading, writing = os.pipe()
    requests = os.fdopen(writing, "wb", 0)
    make_room(requests)
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), requests
    )
    return reading, asyncio.StreamWriter(transport, protocol, None, loop)
