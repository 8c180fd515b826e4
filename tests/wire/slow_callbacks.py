"""Finds what held up the bot's event loop, and leaves out what only waited for a processor."""

import asyncio
import logging
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

SLOW_S = 0.1
_TOOK = re.compile(r"Executing (?P<what>.+?) took (?P<took>[\d.]+) seconds")
_WAITED = re.compile(r"waited (?P<waited>[\d.]+) s for a processor")
# For each thread: nanoseconds that it was ready to run and did not, as the kernel counts them.
_THREADS = Path("/proc/self/task")


def watch_callbacks() -> None:
    """Let each of asyncio's findings tell how long threads had no processor meanwhile.

    asyncio's debug mode measures by the clock on the wall. On a machine with more work than
    processors, that finds callbacks slow which only stood in line.
    """
    waited_s = 0.0
    run = asyncio.Handle._run  # the one place that every callback passes

    def run_and_measure(self: asyncio.Handle) -> None:
        nonlocal waited_s
        before = _ready_ns()
        run(self)
        waited_s = (_ready_ns() - before) / 1e9

    def tell(record: logging.LogRecord) -> bool:
        if record.levelno == logging.WARNING and "took" in str(record.msg):
            record.msg = f"{record.msg}, waited {waited_s:.3f} s for a processor"
        return True

    handle: Any = asyncio.Handle
    handle._run = run_and_measure
    logging.getLogger("asyncio").addFilter(tell)


def slow_callbacks(log: str) -> list[str]:
    """The lines of a log that tell of a callback that took too long by its own doing."""
    found = []
    for line in log.splitlines():
        if took := _TOOK.search(line):
            waited = _WAITED.search(line)
            own_s = float(took["took"]) - (float(waited["waited"]) if waited else 0.0)
            if own_s >= SLOW_S:
                found.append(line[:400])
    return found


def _ready_ns() -> int:
    # Of all threads: one that stands in line while it holds Python's lock holds up the loop, too.
    total = 0
    for thread in _THREADS.iterdir():
        with suppress(OSError, IndexError):
            total += int((thread / "schedstat").read_text().split()[1])
    return total
