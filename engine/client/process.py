"""An engine that is a child process of the bot, spoken to over its standard streams."""

import asyncio
import contextlib
import logging
import os
from typing import Self

from engine.client.link import EngineLink
from engine.client.options import EngineOptions
from engine.pipes import ROOM_BYTES, open_writer
from engine.protocol import Shutdown

logger = logging.getLogger(__name__)

END_GRACE_S = 5.0


class EngineProcess(EngineLink):
    """A child process and the three streams to it. Made by ``spawn``, ended by ``end``."""

    def __init__(self, process: asyncio.subprocess.Process, stdin: asyncio.StreamWriter) -> None:
        assert process.stdout is not None
        super().__init__(process.stdout, stdin)
        self._process = process
        self._log_task = asyncio.create_task(self._forward_log(), name="engine-log")

    @classmethod
    async def spawn(cls, options: EngineOptions) -> Self:
        """Start the process; it is not ready before ``hello`` has returned.

        Raises:
            NotInstalled: This installation has no engine.
        """
        options.check_installed()
        # What the engine needs stands in its arguments; the bot's secrets are none of its business.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("RESTYLE_")}
        reading, stdin = await open_writer()
        try:
            process = await asyncio.create_subprocess_exec(
                *options.command(),
                stdin=reading,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=ROOM_BYTES,
                env=environment,
            )
        except BaseException:
            stdin.close()
            raise
        finally:
            os.close(reading)
        return cls(process, stdin)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def kill(self) -> None:
        """End it at once; its reader sees the end of the stream."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> str:
        """Ask it to stop, end it after a while if it does not, and wait."""
        self.send(Shutdown())
        self._writer.close()
        try:
            async with asyncio.timeout(END_GRACE_S):
                code = await self._process.wait()
        except TimeoutError:
            self.kill()
            code = await self._process.wait()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        await self._log_task
        return f"exit code {code}"

    async def _why_ended(self) -> str:
        code = await self._process.wait()
        return f"The engine ended with exit code {code} before it was ready."

    async def _forward_log(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None
        while True:
            try:
                line = await stderr.readline()
            except ValueError:
                # A line longer than the reader's buffer; the rest of it follows as its own.
                continue
            if not line:
                return
            logger.info("engine %d: %s", self.pid, line.decode(errors="replace").rstrip())
