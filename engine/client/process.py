"""One life of the engine process: started, greeted, spoken to, ended."""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import msgspec

from engine.errors import CheckpointError, EngineDead
from engine.protocol import (
    HEADER_BYTES,
    VERSION,
    Fatal,
    Hello,
    ProtocolError,
    Reply,
    Request,
    Shutdown,
    body_length,
    decode_reply,
    frame,
)

logger = logging.getLogger(__name__)

END_GRACE_S = 5.0


class EngineOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How an engine process is started.

    Attributes:
        checkpoint: Name of a row in the checkpoint table.
        checkpoints_file: TOML file whose rows are added to the table that ships.
        device: ``"auto"`` or a device as torch names it.
        max_rows: Most latents that share one denoiser call.
        ready_timeout_s: How long it may take until the checkpoint is loaded.
        step_timeout_s: How long it may be silent while it has work.
    """

    checkpoint: str = "embedded"
    checkpoints_file: Path | None = None
    device: str = "auto"
    max_rows: int = 8
    ready_timeout_s: float = 300.0
    step_timeout_s: float = 120.0

    def command(self) -> list[str]:
        """The command line of the engine process."""
        command = [sys.executable, "-m", "engine.worker", "--checkpoint", self.checkpoint]
        command += ["--device", self.device, "--max-rows", str(self.max_rows)]
        if self.checkpoints_file is not None:
            command += ["--checkpoints-file", str(self.checkpoints_file)]
        return command


class EngineProcess:
    """A child process and the three streams to it. Made by ``spawn``, ended by ``end``."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._log_task = asyncio.create_task(self._forward_log(), name="engine-log")

    @classmethod
    async def spawn(cls, options: EngineOptions) -> Self:
        """Start the process; it is not ready before ``hello`` has returned."""
        # What the engine needs stands in its arguments; the bot's secrets are none of its business.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("RESTYLE_")}
        return cls(
            await asyncio.create_subprocess_exec(
                *options.command(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=environment,
            )
        )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

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
                code = await self._process.wait()
                raise EngineDead(f"The engine ended with exit code {code} before it was ready.")
        raise EngineDead("The engine speaks another version of the protocol.")

    def send(self, request: Request) -> None:
        """Send without waiting; to a process that is gone it is no error, its reader sees that."""
        if not self._stdin.is_closing():
            self._stdin.write(frame(request))

    async def replies(self) -> AsyncIterator[Reply]:
        """What the engine says, until its stream ends or breaks."""
        while reply := await self._reply():
            yield reply

    async def _reply(self) -> Reply | None:
        try:
            header = await self._stdout.readexactly(HEADER_BYTES)
            return decode_reply(await self._stdout.readexactly(body_length(header)))
        except asyncio.IncompleteReadError as error:
            if error.partial:
                logger.warning("the engine's stream ended inside a message")
        except (OSError, ProtocolError) as error:
            logger.error("the engine's stream broke: %s", error)
        return None

    def kill(self) -> None:
        """End it at once; its reader sees the end of the stream."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> int:
        """Ask it to stop, end it after a while if it does not, and wait; the exit code."""
        self.send(Shutdown())
        self._stdin.close()
        try:
            async with asyncio.timeout(END_GRACE_S):
                code = await self._process.wait()
        except TimeoutError:
            self.kill()
            code = await self._process.wait()
        with contextlib.suppress(OSError):
            await self._stdin.wait_closed()
        await self._log_task
        return code

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
