"""One decoding process as the bot sees it: started, asked, ended."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Self

import msgspec

import bot
from bot.intake.errors import DecoderCrashed, IntakeError, IntakeUnavailable, TookTooLong
from bot.intake.limits import IntakeLimits
from bot.intake.wire import (
    LENGTH_BYTES,
    MAX_REPLY_BYTES,
    Ready,
    Reply,
    Request,
    frame,
    to_reply,
)

START_TIMEOUT_S = 30.0
# How long a process that has closed its pipe may take to end.
LAST_BREATH_S = 1.0
# Everything else stays behind: the process that opens strangers' files gets no token.
KEPT_VARIABLES = ("PATH", "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "LANG")


class Child:
    """A decoding process. Not for two requests at once; ended by whoever started it."""

    def __init__(self, process: asyncio.subprocess.Process, timeout_s: float) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._requests = process.stdin
        self._replies = process.stdout
        self._timeout_s = timeout_s
        self._killed = False
        self.answered = 0

    @classmethod
    async def start(cls, limits: IntakeLimits) -> Self:
        """Start a process; ``greet`` it next.

        Raises:
            IntakeUnavailable: The system refuses to start it.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "bot.intake.worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=bare_environment(),
                # Ctrl-C is for the bot, which still has pictures to finish.
                start_new_session=True,
            )
        except OSError as error:
            raise IntakeUnavailable(detail=str(error)) from error
        return cls(process, limits.timeout_s)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended, as far as is known."""
        return self._process.returncode is None

    async def greet(self, limits: IntakeLimits) -> None:
        """Hand it its limits and wait until it is ready.

        Raises:
            IntakeUnavailable: It does not come up within 30 s.
        """
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                reply = await self._exchange(limits)
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            # TimeoutError is an OSError.
            raise IntakeUnavailable(detail=f"{type(error).__name__} while starting") from error
        if not isinstance(reply, Ready):
            raise IntakeUnavailable(detail="it did not say that it is ready")

    async def ask(self, request: Request) -> Reply:
        """Its answer to one request. After an error it must be ended.

        Raises:
            TookTooLong: It did not answer in time, by the clock or by its processor time.
            DecoderCrashed: It died, or answered nonsense.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await self._exchange(request)
        except TimeoutError as error:
            raise TookTooLong(detail=f"no answer within {self._timeout_s:g} s") from error
        except (OSError, EOFError) as error:
            await self.end()
            raise self._death() from error
        except msgspec.MsgspecError as error:
            raise DecoderCrashed(detail=f"it answered nonsense: {error}") from error
        self.answered += 1
        return reply

    def kill(self) -> None:
        """Kill it, without waiting for its end."""
        # One that has ended by itself is left to asyncio: Popen.kill would fetch its exit code.
        if self.alive and not self._killed and not self._replies.at_eof():
            self._killed = True
            self._process.kill()

    async def end(self) -> None:
        """Kill it and wait until nothing is left of it: no zombie, no open pipe."""
        self.kill()
        # asyncio knows the process as ended only when the pipe has been read to its end.
        while await self._replies.read(1 << 16):
            pass
        if not self._killed:
            try:
                async with asyncio.timeout(LAST_BREATH_S):
                    await self._process.wait()
            except TimeoutError:
                # It closed its pipe and lives on.
                self._process.kill()
        await self._process.wait()

    async def _exchange(self, message: msgspec.Struct) -> Reply:
        self._requests.write(frame(message))
        await self._requests.drain()
        prefix = await self._replies.readexactly(LENGTH_BYTES)
        length = int.from_bytes(prefix, "big")
        if length > MAX_REPLY_BYTES:
            raise msgspec.DecodeError(f"a frame of {length} bytes")
        return to_reply(await self._replies.readexactly(length))

    def _death(self) -> IntakeError:
        code = self._process.returncode
        detail = f"the process ended with {code}"
        if sys.platform != "win32" and code == -signal.SIGXCPU:
            return TookTooLong(detail=detail)
        return DecoderCrashed(detail=detail)


def bare_environment() -> dict[str, str]:
    """What a process that opens strangers' pictures gets of the bot's environment."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    root = str(Path(bot.__file__).parents[1])
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (root, kept.get("PYTHONPATH"))))
    # glibc reserves 64 MiB of address space for every thread's heap, which the limit counts.
    kept["MALLOC_ARENA_MAX"] = "1"
    return kept
