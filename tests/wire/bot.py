"""The bot as a process of its own in front of the fake: started, watched, ended by real signals."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import psutil

from tests.wire.discord import FakeDiscord

COMMAND = Path(sys.executable).with_name("restyle")
START_S = 60.0
END_S = 40.0

# A bot in a test edits often and waits for nothing.
QUICK = {
    "RESTYLE_MESSAGE_EDIT_INTERVAL_S": "0.05",
    "RESTYLE_SHUTDOWN_GRACE_S": "5",
    # It takes two seconds of each start to load; the chaos run has it.
    "RESTYLE_CONTENT_CHECK": "none",
    "RESTYLE_LOG_LEVEL": "INFO",
    "RESTYLE_LOG_FORMAT": "json",
}


class BotProcess:
    """`restyle run`, with its data in a folder that outlives it.

    Args:
        painter: Use the painter of ``tests/wire/painter.py`` as the engine process, which paints
            without a model; False starts the real engine with the embedded checkpoint.
        debug: Run with asyncio's debug mode, whose findings go to the log.
        data: Another folder for what it keeps than one in ``folder``.
        entry: Another command line in place of `restyle run`.
        settings: RESTYLE_* settings by their lower-case names.
    """

    def __init__(
        self,
        discord: FakeDiscord,
        folder: Path,
        *,
        painter: bool = True,
        debug: bool = False,
        data: Path | None = None,
        entry: Sequence[str] | None = None,
        **settings: Any,
    ) -> None:
        self.discord = discord
        self.folder = folder
        self.data = data or folder / "data"
        self.log_file = folder / "bot.log"
        self._debug = debug
        program = [sys.executable, "-m", "tests.wire.entry"] if painter else [str(COMMAND)]
        self._entry = [*program, "run"] if entry is None else list(entry)
        self.settings = settings
        self._identified_before = 0
        self._process: asyncio.subprocess.Process | None = None
        self.limits: Callable[[], None] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        await self.ready()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.running:
            await self.kill()

    @property
    def running(self) -> bool:
        """Whether there is a process now."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """All that every process of this folder has logged."""
        return self.log_file.read_text("utf-8", errors="replace") if self.log_file.exists() else ""

    async def start(self) -> None:
        """Start the process; ``ready`` waits until it is there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._identified_before = self.discord.gateway.identified
        with self.log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._entry,
                cwd=self.folder,
                env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=self.limits,
            )

    async def ready(self, timeout_s: float = START_S) -> None:
        """Return once the newest process is connected; raise at once when it ends instead."""
        identified = self._identified_before
        gateway = self.discord.gateway
        connected = asyncio.ensure_future(
            self.discord.until(
                lambda: gateway.identified > identified and gateway.connected, timeout_s
            )
        )
        assert self._process is not None
        ended = asyncio.ensure_future(self._process.wait())
        try:
            await asyncio.wait((connected, ended), return_when=asyncio.FIRST_COMPLETED)
            if not connected.done():
                raise AssertionError(f"the bot ended with {ended.result()}:\n{self.log[-3000:]}")
            await connected
        finally:
            connected.cancel()
            ended.cancel()
            await asyncio.gather(connected, ended, return_exceptions=True)

    async def kill(self, number: int = signal.SIGKILL) -> int:
        """Send a signal and wait for the end; the exit code."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)
        return await self.ended()

    async def ended(self, timeout_s: float = END_S) -> int:
        """Wait for the end; the exit code."""
        assert self._process is not None
        async with asyncio.timeout(timeout_s):
            return await self._process.wait()

    async def stop(self) -> int:
        """End it as a service manager does."""
        return await self.kill(signal.SIGTERM)

    async def restart(self) -> None:
        """Kill what runs and start anew on the same data."""
        if self.running:
            await self.kill()
        await self.start()
        await self.ready()

    def engine_pids(self) -> list[int]:
        """The engine processes below the bot."""
        return self._children("painter") + self._children("engine.worker")

    def intake_pids(self) -> list[int]:
        """The decoding processes below the bot."""
        return self._children("bot.intake.worker")

    def kill_engine(self) -> bool:
        """Kill the engine process with SIGKILL; whether there was one."""
        pids = self.engine_pids()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(pids)

    def kill_below(self) -> None:
        """Kill all processes below the bot with SIGKILL."""
        for pid in self.engine_pids() + self.intake_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _children(self, word: str) -> list[int]:
        if not self.running:
            return []
        found = []
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(self.pid).children():
                with contextlib.suppress(psutil.Error):
                    if any(word in part for part in child.cmdline()):
                        found.append(child.pid)
        return found

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("RESTYLE_")}
        kept["PYTHONPATH"] = str(Path(__file__).parents[2])
        kept["RESTYLE_DATA_DIR"] = str(self.data)
        if self._debug:
            kept["PYTHONASYNCIODEBUG"] = "1"
        given = {f"RESTYLE_{k.upper()}": str(v) for k, v in self.settings.items()}
        return kept | QUICK | self.discord.settings() | given
