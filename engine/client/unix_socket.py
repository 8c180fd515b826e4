"""An engine that runs by itself and listens on a Unix socket, in another container or service."""

import asyncio
import contextlib
from pathlib import Path
from typing import Self

from engine.client.link import EngineLink
from engine.client.options import EngineOptions
from engine.errors import EngineDead

RETRY_S = 0.2


class EngineSocket(EngineLink):
    """A connection to such an engine. Made by ``connect``, ended by ``end``."""

    def __init__(
        self, path: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        super().__init__(reader, writer)
        self._path = path

    @classmethod
    async def connect(cls, path: Path, options: EngineOptions) -> Self:
        """Connect, however long the engine takes to listen, within ``ready_timeout_s``.

        Raises:
            EngineDead: Nobody listens there in time.
        """
        try:
            async with asyncio.timeout(options.ready_timeout_s):
                while True:
                    # It listens once its checkpoint is loaded, perhaps long after the bot is up.
                    with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                        return cls(path, *await asyncio.open_unix_connection(path))
                    await asyncio.sleep(RETRY_S)
        except TimeoutError as error:
            raise EngineDead(
                f"No engine listens on {path} after {options.ready_timeout_s:g} seconds; "
                "RESTYLE_ENGINE_READY_TIMEOUT_S says how long to wait."
            ) from error
        except OSError as error:
            raise EngineDead(f"The engine's socket {path}: {error.strerror}.") from error

    @property
    def pid(self) -> None:
        """Unknown: it is no process of ours."""
        return

    def kill(self) -> None:
        """Hang up at once. An engine that is stuck ends itself when its client has gone."""
        self._writer.transport.abort()

    async def end(self) -> str:
        """Hang up; the engine drops what it had to do and waits for the next client."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        return "the connection closed"

    async def _why_ended(self) -> str:
        return f"The engine on {self._path} hung up before it said hello."
