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
LOOK_EVERY_S = 0.03
FRAMES_TOLD = 6
_TOOK = re.compile(r"Executing (?P<what>.+?) took (?P<took>[\d.]+) seconds")
_WAITED = re.compile(
    r"waited (?P<waited>[\d.]+) s for a processor, ran (?P<ran>[\d.]+) s, was at (?P<place>[^\"]*)"
)
UNSEEN = "?"
# For each thread: nanoseconds that it was ready to run and did not, as the kernel counts them.
THREADS = Path("/proc/self/task")
_RUN = asyncio.Handle._run  # the one place that every callback passes


class Watch:
    """Notes when each callback began, and looks over the loop's shoulder every now and then.

    Args:
        threads: Where the kernel tells of this process's threads.
    """

    def __init__(self, threads: Path = THREADS) -> None:
        self._threads = threads
        self._loop_thread = threading.get_ident()
        self._began = 0.0
        self._ran_before_s = 0.0
        self._place = ""
        self._loop_task = str(threading.get_native_id())
        # What each thread had waited when the last callback was seen that has ended since.
        self._waited_before_ns = self._waited_ns = self._ready_ns()

    @property
    def mine(self) -> bool:
        """Whether this is the bot's own loop; those of threads hold up nobody."""
        return threading.get_ident() == self._loop_thread

    def run(self, handle: asyncio.Handle) -> None:
        if self.mine:
            self._began, self._ran_before_s = time.monotonic(), time.process_time()
        _RUN(handle)

    def look(self) -> None:
        seen = 0.0
        while True:
            time.sleep(LOOK_EVERY_S)
            if self._began != seen:
                # Another one by now, so what was counted up to the last look was before it.
                seen, self._place = self._began, ""
                self._waited_before_ns = self._waited_ns
            elif frame := sys._current_frames().get(self._loop_thread):
                self._place = self._place or _place(frame)
            self._waited_ns = self._ready_ns()

    def told(self) -> str:
        """About the callback that ends just now."""
        waited_s = self._waited_s()
        ran_s = time.process_time() - self._ran_before_s
        place = self._place or UNSEEN
        return f"waited {waited_s:.3f} s for a processor, ran {ran_s:.3f} s, was at {place}"

    def _waited_s(self) -> float:
        """What the loop's thread stood in line, and the one other that did so the longest.

        That one may have held Python's lock meanwhile. Others stood in line beside it, so that the
        sum of all would excuse more than there was.
        """
        before = self._waited_before_ns
        waited = {task: ns - before.get(task, 0) for task, ns in self._ready_ns().items()}
        own = waited.pop(self._loop_task, 0)
        return (own + max(waited.values(), default=0)) / 1e9

    def _ready_ns(self) -> dict[str, int]:
        found = {}
        for thread in self._threads.iterdir():
            with suppress(OSError, IndexError):
                found[thread.name] = int((thread / "schedstat").read_text().split()[1])
        return found


def watch_callbacks() -> None:
    """Let each of asyncio's findings tell how long threads had no processor meanwhile, and where.

    asyncio's debug mode measures by the clock on the wall. On a machine with more work than
    processors, that finds callbacks slow which only stood in line.
    """
    watch = Watch()

    def tell(record: logging.LogRecord) -> bool:
        if record.levelno == logging.WARNING and "took" in str(record.msg):
            if not watch.mine:
                return False
            told = watch.told().replace("%", "%%")
            record.msg = f"{record.msg}, {told}"
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
            place = waited["place"] if waited else UNSEEN
            if waited and place == UNSEEN:
                # Nobody could look, so Python's lock was held: by something that computes, or the
                # whole process stood still, which no count of the kernel's tells of.
                own_s = min(own_s, float(waited["ran"]))
            if own_s >= SLOW_S:
                what = took["what"][:120] if place == UNSEEN else ""
                found.append(f"{own_s:.3f} s of its own at {place} {what}".rstrip())
    return found


def _place(frame: FrameType) -> str:
    frames = traceback.extract_stack(frame)[-FRAMES_TOLD:]
    return " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
