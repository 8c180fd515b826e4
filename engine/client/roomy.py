"""Pipes with room for a whole picture, so that neither end waits for the other halfway."""

import asyncio
import fcntl
import os

# What Linux allows without privileges; a lossless picture of 1024 × 1024 pixels is hardly larger.
ROOM_BYTES = 1024 * 1024


def make_room(descriptor: int) -> None:
    """Let a pipe hold ``ROOM_BYTES``; left as it is where that is refused or unknown."""
    resize = getattr(fcntl, "F_SETPIPE_SZ", None)
    if resize is None:
        return
    try:
        fcntl.fcntl(descriptor, resize, ROOM_BYTES)
    except OSError:
        # The user's share of pipe memory is used up; smaller pipes work as well, only slower.
        return


async def open_writer() -> tuple[int, asyncio.StreamWriter]:
    """The reading end for a child process, which the caller closes here, and a writer to it."""
    reading, writing = os.pipe()
    make_room(writing)
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), os.fdopen(writing, "wb", 0)
    )
    return reading, asyncio.StreamWriter(transport, protocol, None, loop)
