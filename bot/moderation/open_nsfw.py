"""Yahoo's open_nsfw in a process of its own, so that its 120 MiB and its work are not the bot's."""

import asyncio
import sys

import msgspec
import structlog

from bot.intake.child import bare_environment
from bot.moderation.content import CheckerUnavailable, Picture
from bot.moderation.open_nsfw_worker import LENGTH_BYTES, Answer

log = structlog.get_logger(__name__)

WORKER = "bot.moderation.open_nsfw_worker"
START_TIMEOUT_S = 60.0
ANSWER_TIMEOUT_S = 30.0
_ANSWER = msgspec.json.Decoder(Answer)


class OpenNsfwChecker:
    """Asks the process about one picture at a time, and starts it anew when it has died.

    Args:
        command: How the process is started; None for the module of this package.
    """

    def __init__(self, command: tuple[str, ...] | None = None) -> None:
        self._command = command or (sys.executable, "-P", "-m", WORKER)
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._available = False

    async def start(self) -> None:
        """Have the process ready. What goes wrong is logged, and told by ``available``."""
        async with self._turn:
            self._available = await self._start()

    async def close(self) -> None:
        """End the process."""
        async with self._turn:
            self._available = False
            await self._end()

    @property
    def available(self) -> bool:
        """Whether the model was loaded at the start; a process that died since is replaced."""
        return self._available

    @property
    def pid(self) -> int | None:
        """The id of the process, where there is one."""
        return None if self._process is None else self._process.pid

    async def score(self, picture: Picture) -> float:
        """The model's probability that the picture is explicit."""
        if not self._available:
            raise CheckerUnavailable("The content check is not loaded.")
        async with self._turn:
            answer = await self._insist(picture.image)
        if answer.score is None:
            raise CheckerUnavailable(f"A picture could not be checked: {answer.error}")
        return answer.score

    async def _start(self) -> bool:
        await self._end()
        loaded = False
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=bare_environment(),
                # Ctrl-C is for the bot, which still has pictures to finish.
                start_new_session=True,
            )
            async with asyncio.timeout(START_TIMEOUT_S):
                error = (await self._read()).error
            loaded = error is None
        except (OSError, EOFError, msgspec.MsgspecError) as broken:
            # TimeoutError is an OSError.
            error = f"{type(broken).__name__}: {broken}"
        finally:
            if not loaded:
                # Cancelled, too: its first line would be taken for a picture's answer.
                await self._end()
        if error is not None:
            log.error("the content check cannot be loaded", error=error)
        return loaded

    async def _insist(self, image: bytes) -> Answer:
        """The answer, by a new process where the old one has died."""
        if self._process is not None:
            try:
                return await self._ask(image)
            except CheckerUnavailable as error:
                log.warning("the content check is started anew", error=str(error))
        await self._start()
        return await self._ask(image)

    async def _ask(self, image: bytes) -> Answer:
        process = self._process
        if process is None or process.stdin is None:
            raise CheckerUnavailable("The content check is not loaded.")
        whole = False
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                process.stdin.write(len(image).to_bytes(LENGTH_BYTES, "big") + image)
                await process.stdin.drain()
                answer = await self._read()
            whole = True
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            raise CheckerUnavailable(f"The content check died: {error}") from error
        finally:
            if not whole:
                # What it would answer next belongs to this picture and to no other.
                await self._end()
        return answer

    async def _read(self) -> Answer:
        assert self._process is not None
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise EOFError("the process has ended")
        return _ANSWER.decode(line)

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdout is not None
        if process.returncode is None and not process.stdout.at_eof():
            process.kill()
        while await process.stdout.read(1 << 16):
            pass
        await process.wait()
