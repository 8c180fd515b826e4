"""A few decoding processes: started when needed, replaced when they die or have served long."""

import asyncio
from typing import TypeVar

import msgspec

from bot.intake.child import Child
from bot.intake.errors import DecoderCrashed, IntakeUnavailable, TooMuchMemory
from bot.intake.limits import IntakeLimits
from bot.intake.wire import Refused, Reply, Request, raised

# Memory that a codec leaks, or worse that a picture plants, does not outlive this many answers.
ANSWERS_PER_CHILD = 200

R = TypeVar("R", bound=msgspec.Struct)


class Pool:
    """Hands each request to a free process; requests wait in order while none is free."""

    def __init__(self, limits: IntakeLimits, size: int) -> None:
        self._limits = limits
        self._size = size
        self._slots = asyncio.Semaphore(size)
        self._idle: list[Child] = []
        self._children: set[Child] = set()
        self._closing = asyncio.Lock()
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of all processes that there are now."""
        return tuple(child.pid for child in self._children)

    async def warm_up(self) -> None:
        """Have one process ready. Raises ``IntakeUnavailable``."""
        async with self._slots:
            self._idle.append(await self._free_child())

    async def ask(self, request: Request, expected: type[R]) -> R:
        """The answer to ``request``, which is of the type that belongs to it.

        Raises:
            IntakeError: The picture was refused, or there is no process for it.
        """
        async with self._slots:
            reply = await self._ask_child(await self._free_child(), request)
        if isinstance(reply, Refused):
            raise raised(reply)
        if not isinstance(reply, expected):
            raise DecoderCrashed(detail=f"it answered {type(reply).__name__}")
        return reply

    async def close(self) -> None:
        """End all processes; requests under way fail with ``IntakeUnavailable``."""
        self._closed = True
        async with self._closing:
            for child in self._children:
                child.kill()
            # Every request under way ends its own process before it gives its slot back.
            for _ in range(self._size):
                await self._slots.acquire()
            for child in tuple(self._children):
                await self._discard(child)
            for _ in range(self._size):
                self._slots.release()

    async def _ask_child(self, child: Child, request: Request) -> Reply:
        sound = False
        try:
            reply = await child.ask(request)
            sound = not self._closed and _may_go_on(child, reply)
        except DecoderCrashed as error:
            if self._closed:
                raise IntakeUnavailable(detail="intake was closed") from error
            raise
        finally:
            if sound:
                self._idle.append(child)
            else:
                await self._discard(child)
        return reply

    async def _free_child(self) -> Child:
        while self._idle and not self._closed:
            child = self._idle.pop()
            if child.alive:
                return child
            await self._discard(child)
        if self._closed:
            raise IntakeUnavailable(detail="intake is closed")
        child = await Child.start(self._limits)
        self._children.add(child)
        ready = False
        try:
            await child.greet(self._limits)
            ready = True
        finally:
            if not ready:
                await self._discard(child)
        return child

    async def _discard(self, child: Child) -> None:
        if child in self._idle:
            self._idle.remove(child)
        await child.end()
        self._children.discard(child)


def _may_go_on(child: Child, reply: Reply) -> bool:
    # After a failed allocation its heap is in pieces.
    short_of_memory = isinstance(reply, Refused) and reply.code == TooMuchMemory.code
    return child.answered < ANSWERS_PER_CHILD and not short_of_memory
