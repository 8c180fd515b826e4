"""What the client says to an engine and hears from it, over whichever pair of streams there is."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

from engine.errors import CheckpointError, EngineDead
from engine.protocol import (
    HEADER_BYTES,
    VERSION,
    Fatal,
    Hello,
    ProtocolError,
    Reply,
    Request,
    body_length,
    decode_reply,
    frame,
)

logger = logging.getLogger(__name__)


class EngineLink(ABC):
    """One life of the connection to an engine: greeted, spoken to, ended."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def hello(self, timeout_s: float) -> Hello:
        """Wait until the checkpoint is loaded.

        Raises:
            CheckpointError: The engine said why it cannot be made ready.
            EngineDead: It ended without a word, spoke another protocol, or took too long.
        """
        try:
            async with asyncio.timeout(timeout_s):
                reply = await self._reply()
        except TimeoutError as error:
            raise EngineDead(
                f"The engine was not ready after {timeout_s:g} seconds; a slow disk or download "
                "needs a larger RESTYLE_ENGINE_READY_TIMEOUT_S."
            ) from error
        match reply:
            case Hello(version=version) if version == VERSION:
                return reply
            case Fatal(message=message):
                raise CheckpointError(message)
            case None:
                raise EngineDead(await self._why_ended())
        raise EngineDead("The engine speaks another version of the protocol.")

    def send(self, request: Request) -> None:
        """Send without waiting; to an engine that is gone it is no error, its reader sees that."""
        if not self._writer.is_closing():
            self._writer.write(frame(request))

    async def replies(self) -> AsyncIterator[Reply]:
        """What the engine says, until its stream ends or breaks."""
        while reply := await self._reply():
            yield reply

    async def _reply(self) -> Reply | None:
        try:
            header = await self._reader.readexactly(HEADER_BYTES)
            return decode_reply(await self._reader.readexactly(body_length(header)))
        except asyncio.IncompleteReadError as error:
            if error.partial:
                logger.warning("the engine's stream ended inside a message")
        except (OSError, ProtocolError) as error:
            logger.error("the engine's stream broke: %s", error)
        return None

    @property
    @abstractmethod
    def pid(self) -> int | None:
        """The process id, where the engine is a process of ours."""

    @abstractmethod
    def kill(self) -> None:
        """End it at once; its reader sees the end of the stream."""

    @abstractmethod
    async def end(self) -> str:
        """End it in good order and wait; in a few words, how it ended."""

    @abstractmethod
    async def _why_ended(self) -> str:
        """The sentence about an engine whose stream ended before its hello."""
