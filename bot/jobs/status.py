"""The progress message of one job: the newest state wins, and edits keep their distance."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from bot.delivery.faults import UNREACHED

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the message should show: steps done of ``total``, and the newest preview if any."""

    step: int = 0
    total: int = 0
    preview: bytes | None = None


class Editor(Protocol):
    """Shows how one job is getting on."""

    def show(self, status: Status) -> None:
        """Let the message show ``status`` soon, unless something newer comes first."""

    async def close(self) -> None:
        """Show nothing more; an edit on its way has ended."""


class StatusEditor:
    """Edits a message with the latest ``Status``, at most once in ``interval_s`` seconds."""

    def __init__(self, edit: Callable[[Status], Awaitable[None]], interval_s: float) -> None:
        self._edit = edit
        self._interval_s = interval_s
        self._latest: Status | None = None
        self._changed = asyncio.Event()
        self._closed = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="status-editor")

    def show(self, status: Status) -> None:
        """Let the message show ``status`` soon, unless something newer comes first."""
        self._latest = status
        self._changed.set()

    async def close(self) -> None:
        """Stop editing. An edit on its way has ended, so none can land on top of the result."""
        self._closed.set()
        self._changed.set()
        await self._task

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._closed.is_set():
                return
            status, self._latest = self._latest, None
            if status is not None:
                await self._edit_once(status)
            try:
                async with asyncio.timeout(self._interval_s):
                    await self._closed.wait()
            except TimeoutError:
                continue

    async def _edit_once(self, status: Status) -> None:
        try:
            await self._edit(status)
        except UNREACHED as error:
            # Progress is a courtesy: the result is delivered by other means if this one is gone.
            logger.info("progress edit failed: %s", error)
