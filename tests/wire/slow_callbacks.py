"""Finds what held up the bot's event loop, and leaves out what only waited for a processor."""

import asyncio
import logging
import re
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

SLOW_S = 0.1
# A callback that has run for so long is looked at, so that a slow one can tell where it was.
LOOK_AFTER_S = 0.06
FRAMES_TOLD = 6
_TOOK = re.compile(r"Executing (?P<what>.+?) took (?P<took>[\d.]+) seconds")
_WAITED = re.compile(r"waited (?P<waited>[\d.]+) s for a processor(?:, was at (?P<place>[^\"]*))?")
# For each thread: nanoseconds that it was ready to run and did not, as the kernel counts them.
_THREADS = Path("/proc/self/task")


class _Watch:
    """Measures each callback, and looks over its shoulder while it runs long."""

    def __init__(self) -> None:
        self.waited_s = 0.0
        self.place = ""
        self._began: float | None = None
        self._loop_thread = threading.get_ident()

    @property
    def mine(self) -> bool:
        """Whether this is the bot's own loop; those of threads hold up nobody."""
        return threading.get_ident() == self._loop_thread

    def run(self, handle: asyncio.Handle) -> None:
        if not self.mine:
            return _RUN(handle)
        before = _ready_ns()
        self.place, self._began = "", time.monotonic()
        try:
            _RUN(handle)
        finally:
            self._began = None
            self.waited_s = (_ready_ns() - before) / 1e9
        return None

    def look(self) -> None:
        while True:
            time.sleep(LOOK_AFTER_S / 3)
            began = self._began
            if began is not None and not self.place and time.monotonic() - began > LOOK_AFTER_S:
                frame = sys._current_frames().get(self._loop_thread)
                self.place = _place(frame) if self._began == began and frame else ""


_RUN = asyncio.Handle._run  # the one place that every callback passes


def watch_callbacks() -> None:
    """Let each of asyncio's findings tell how long threads had no processor meanwhile, and where.

    asyncio's debug mode measures by the clock on the wall. On a machine with more work than
    processors, that finds callbacks slow which only stood in line.
    """
    watch = _Watch()

    def tell(record: logging.LogRecord) -> bool:
        if record.levelno == logging.WARNING and "took" in str(record.msg):
            if not watch.mine:
                return False
            place = watch.place.replace("%", "%%")
            waited = f"waited {watch.waited_s:.3f} s for a processor"
            record.msg = f"{record.msg}, {waited}, was at {place}"
        return True

    handle: Any = asyncio.Handle
    handle._run = lambda self: watch.run(self)  # a function, so that it is bound to the handle
    threading.Thread(target=watch.look, name="slow-callbacks", daemon=True).start()
    logging.getLogger("asyncio").addFilter(tell)


def slow_callbacks(log: str) -> list[str]:
    """Of a log: each callback that took too long by its own doing, and where it was."""
    found = []
    for line in log.splitlines():
        if took := _TOOK.search(line):
            waited = _WAITED.search(line)
            own_s = float(took["took"]) - (float(waited["waited"]) if waited else 0.0)
            if own_s >= SLOW_S:
                place = (waited["place"] if waited else None) or took["what"][:200]
                found.append(f"{own_s:.3f} s of its own at {place}")
    return found


def _place(frame: FrameType) -> str:
    frames = traceback.extract_stack(frame)[-FRAMES_TOLD:]
    return " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))


def _ready_ns() -> int:
    # Of all threads: one that stands in line while it holds Python's lock holds up the loop, too.
    total = 0
    for thread in _THREADS.iterdir():
        with suppress(OSError, IndexError):
            total += int((thread / "schedstat").read_text().split()[1])
    return total
