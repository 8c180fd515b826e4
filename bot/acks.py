"""Acknowledgements come first: while any is on its way to Discord, work waits for a moment."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

# Discord gives an interaction three seconds. Where acknowledgements never cease, work goes on.
LONGEST_WAIT_S = 0.5


class Acks:
    """Counts the acknowledgements that are on their way."""

    def __init__(self) -> None:
        self._under_way = 0
        self._none = asyncio.Event()
        self._none.set()

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Around one acknowledgement."""
        self._under_way += 1
        self._none.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._none.set()

    async def let_pass(self) -> None:
        """Return once none is under way, or after ``LONGEST_WAIT_S``."""
        try:
            async with asyncio.timeout(LONGEST_WAIT_S):
                await self._none.wait()
        except TimeoutError:
            return
