"""Keeps pictures from being dropped while they are being taken into use."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class ImageFence:
    """Many may take pictures into use at once; whoever drops pictures does so alone.

    To take into use is to look whether a picture is there, or to put it, and to commit the row that
    uses it. To drop is to find out that no row uses it and to delete the file. It holds for one
    process; where several bots share a store, one may drop what another takes into use that very
    moment, which ends as for a picture that is gone: a refund and a sentence. Belongs to one event
    loop.
    """

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._using = 0
        self._dropping = False

    @asynccontextmanager
    async def using(self) -> AsyncIterator[None]:
        """Take pictures into use within; nobody drops any meanwhile."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._dropping)
            self._using += 1
        try:
            yield
        finally:
            async with self._changed:
                self._using -= 1
                self._changed.notify_all()

    @asynccontextmanager
    async def dropping(self) -> AsyncIterator[None]:
        """Drop pictures within; nobody takes any into use meanwhile."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._dropping)
            # From here on nobody new comes in, so that the wait for the others ends.
            self._dropping = True
        try:
            async with self._changed:
                await self._changed.wait_for(lambda: self._using == 0)
            yield
        finally:
            async with self._changed:
                self._dropping = False
                self._changed.notify_all()
