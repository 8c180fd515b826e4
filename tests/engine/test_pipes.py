"""Pipes that hold a whole picture."""

import asyncio
import fcntl
import io
import os
import sys
from pathlib import Path

import pytest

from engine.pipes import ROOM_BYTES, make_room, open_writer

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux resizes pipes")


@linux
async def test_a_writer_need_not_wait_for_its_reader() -> None:
    reading, writer = await open_writer()
    assert fcntl.fcntl(reading, fcntl.F_GETPIPE_SZ) == ROOM_BYTES
    picture = os.urandom(ROOM_BYTES)
    writer.write(picture)
    # Nobody has read yet, and nothing of it is left to be sent.
    assert writer.transport.get_write_buffer_size() == 0
    with os.fdopen(reading, "rb") as stream:
        assert stream.read(ROOM_BYTES) == picture
    writer.close()
    await asyncio.wait_for(writer.wait_closed(), 5)


@linux
def test_what_is_no_pipe_is_left_as_it_is() -> None:
    make_room(io.BytesIO())
    with Path(os.devnull).open("wb") as nothing:
        make_room(nothing)
