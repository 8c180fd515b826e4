"""The Ray actor that holds one GPU: the engine's loop on a thread, its events kept for readers.

Everything that crosses Ray is bytes of the engine's own protocol, by value: no object of ours is
pickled but the arguments that make the actor.
"""

import asyncio
import logging
import os
import threading
import time
import traceback
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import msgspec

from engine.errors import EngineError
from engine.events import Event, Terminal
from engine.params import Attempt
from engine.protocol import Cancel, Fatal, Hello, Reply, Report, Submit
from engine.ray.attempt_log import AttemptLog
from engine.worker.exchange import ReplyCalls, RequestQueue, Served

logger = logging.getLogger(__name__)

KEPT_FINISHED = 16
"""Attempts that are over and can still be read, by a gateway that was away when they ended."""
ORPHAN_S = 120.0
"""How long an attempt runs on without a reader."""
BROKEN = 70


_encode = msgspec.msgpack.encode


class ActorState(msgspec.Struct, frozen=True, kw_only=True):
    """How an actor is: what it said of itself, and what is in it.

    Attributes:
        running: Keys of the attempts that are not over.
        pid: Its process, on its node.
        node: The address of its node.
    """

    hello: Hello
    report: Report | None
    running: tuple[str, ...]
    pid: int
    node: str


class EngineActor:
    """One engine, reached from any node. All methods run on the actor's event loop.

    Args:
        load: Loads the checkpoint, on the engine's thread; raises ``EngineError``.
    """

    def __init__(self, load: Callable[[], Served], node: Callable[[], str]) -> None:
        self._load = load
        self._node = node
        self._requests = RequestQueue()
        self._logs: dict[str, AttemptLog] = {}
        self._left_at: dict[str, float] = {}
        self._report: Report | None = None
        self._greeting: asyncio.Future[Hello | Fatal] | None = None
        self._draining = False
        self._reaper: asyncio.Task[None] | None = None

    async def hello(self) -> bytes:
        """The engine's greeting, as soon as its checkpoint is loaded; ``Fatal`` if it cannot be."""
        if self._greeting is None:
            loop = asyncio.get_running_loop()
            self._greeting = loop.create_future()
            self._reaper = asyncio.create_task(self._cancel_orphans())
            threading.Thread(
                target=self._serve, args=(loop,), name="engine-loop", daemon=True
            ).start()
        return _encode(await asyncio.shield(self._greeting))

    async def run(self, attempt: bytes) -> AsyncGenerator[bytes, None]:
        """Take an attempt, unless it is known already, and yield its events; none when draining."""
        asked = msgspec.msgpack.decode(attempt, type=Attempt)
        if self._draining and asked.key not in self._logs:
            return
        if asked.key not in self._logs:
            self._logs[asked.key] = AttemptLog()
            self._requests.put(Submit(asked))
        async with aclosing(self.follow(asked.key, -1)) as events:
            async for event in events:
                yield event

    async def follow(self, key: str, after_seq: int) -> AsyncGenerator[bytes, None]:
        """The events of a known attempt that are numbered above ``after_seq``."""
        log = self._logs[key]
        self._left_at.pop(key, None)
        try:
            async with aclosing(log.after(after_seq)) as events:
                async for event in events:
                    yield _encode(event)
        finally:
            if not log.readers and not log.over:
                self._left_at[key] = time.monotonic()

    async def holds(self, key: str) -> bool:
        """Whether ``follow`` would find that attempt."""
        return key in self._logs

    async def cancel(self, key: str) -> None:
        """Let an attempt stop at the next step boundary; unknown keys are ignored."""
        self._requests.put(Cancel(key))

    async def state(self) -> bytes:
        """An ``ActorState``."""
        greeting = await self._loaded()
        running = tuple(key for key, log in self._logs.items() if not log.over)
        return _encode(
            ActorState(
                hello=greeting,
                report=self._report,
                running=running,
                pid=os.getpid(),
                node=self._node(),
            )
        )

    async def drain(self) -> bool:
        """Take no more attempts, for an actor of another version to have the GPU; whether idle."""
        self._draining = True
        return all(log.over for log in self._logs.values())

    async def _loaded(self) -> Hello:
        assert self._greeting is not None, "hello comes first"
        greeting = await asyncio.shield(self._greeting)
        assert isinstance(greeting, Hello)
        return greeting

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        def take(reply: Reply) -> None:
            loop.call_soon_threadsafe(self._take, reply)

        ended = False
        try:
            self._load().serve(self._requests, ReplyCalls(take))
            ended = True
        except EngineError as error:
            take(Fatal(error.code, str(error)))
            ended = True
        finally:
            if not ended:
                traceback.print_exc()
                # Ray starts the actor again; readers see that it died.
                os._exit(BROKEN)

    def _take(self, reply: Reply) -> None:
        match reply:
            case Hello() | Fatal():
                assert self._greeting is not None
                self._greeting.set_result(reply)
            case Report():
                self._report = reply
            case event:
                self._keep(event)

    def _keep(self, event: Event) -> None:
        if (log := self._logs.get(event.key)) is None:
            return
        log.add(event)
        if isinstance(event, Terminal):
            self._left_at.pop(event.key, None)
            finished = [key for key, one in self._logs.items() if one.over and not one.readers]
            for key in finished[:-KEPT_FINISHED]:
                del self._logs[key]

    async def _cancel_orphans(self) -> None:
        while True:
            await asyncio.sleep(ORPHAN_S / 10)
            for key, left_at in list(self._left_at.items()):
                if time.monotonic() - left_at > ORPHAN_S:
                    logger.warning("nobody has asked for %s for %g s", key, ORPHAN_S)
                    del self._left_at[key]
                    self._requests.put(Cancel(key))
