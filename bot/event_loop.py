"""The event loop that a bot runs in: uvloop's where it is installed, asyncio's elsewhere.

In asyncio's debug mode it is asyncio's own everywhere, because its tools look at no other.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run ``main`` to its end, as ``asyncio.run`` does."""
    with asyncio.Runner(loop_factory=_quick()) as runner:
        runner.run(main)


def _quick() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.flags.dev_mode or os.environ.get("PYTHONASYNCIODEBUG"):
        return None
    try:
        import uvloop
    except ModuleNotFoundError:
        # It is not built for Windows.
        return None
    return uvloop.new_event_loop
