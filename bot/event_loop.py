"""The event loop that a bot runs in: uvloop's where it is installed, asyncio's elsewhere."""

import asyncio
from collections.abc import Coroutine
from typing import Any

try:
    from uvloop import run as run_quickly
except ModuleNotFoundError:
    # It is not built for Windows.
    run_quickly = asyncio.run  # type: ignore[assignment]  # enough of it is the same


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run ``main`` to its end, as ``asyncio.run`` does."""
    run_quickly(main)
