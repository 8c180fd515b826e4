"""Lets tests wait for what a message is edited to, as those hear of it who see the channel."""

import asyncio
from types import TracebackType
from typing import Any, Self

import simcord


class Edits:
    """Within, remembers the content of every message that was edited, in order."""

    def __init__(self, env: simcord.Env) -> None:
        self._backend: Any = env.backend
        self._seen: list[tuple[int, str]] = []
        self._more = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._emit = self._backend.emit
        self._backend.emit = self._hear
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._backend.emit = self._emit

    def _hear(self, event: str, payload: Any) -> None:
        self._emit(event, payload)
        if event == "MESSAGE_UPDATE":
            self._seen.append((int(payload["id"]), payload["content"]))
            self._more.set()

    async def of(self, message_id: int, words: str) -> str:
        """The content of that message once it was edited to hold ``words``."""
        async with asyncio.timeout(30):
            while True:
                for seen, content in self._seen:
                    if seen == message_id and words in content:
                        return content
                self._more.clear()
                await self._more.wait()
