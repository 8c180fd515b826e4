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
"""How long attempts run on when no gateway asks how the actor is."""
BROKEN = 70


_encode = msgspec.msgpack.encode


class ActorState(msgspec.Struct, frozen=True, kw_only=True):
    """How an actor is.

    Attributes:
        report: Its engine's latest.
        node: Address of its node.
        running: Attempts in it, whichever gateway handed them over.
        quiet_s: How long its engine has said nothing.
        greeted: Whether its checkpoint is loaded. False in a process that was started again, until
            somebody asks for its ``hello``.
    """

    report: Report | None
    node: str
    running: int
    quiet_s: float
    greeted: bool


class EngineActor:
    """One engine, reached from any node. All methods run on the actor's event loop.

    Args:
        load: Loads the checkpoint, on the engine's thread; raises ``EngineError``.
        node: Tells the address of the node that the actor is on.
    """

    def __init__(self, load: Callable[[], Served], node: Callable[[], str]) -> None:
        self._load = load
        self._node = node
        self._requests = RequestQueue()
        self._logs: dict[str, AttemptLog] = {}
        self._asked_at = self._heard_at = time.monotonic()
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
        async with aclosing(self._logs[key].after(after_seq)) as events:
            async for event in events:
                yield _encode(event)

    async def holds(self, key: str) -> bool:
        """Whether ``follow`` would find that attempt."""
        return key in self._logs

    async def cancel(self, key: str) -> None:
        """Let an attempt stop at the next step boundary; unknown keys are ignored."""
        self._requests.put(Cancel(key))

    async def state(self) -> bytes:
        """An ``ActorState``; whoever asks wants the attempts to go on."""
        self._asked_at = time.monotonic()
        return _encode(
            ActorState(
                report=self._report,
                node=self._node(),
                running=len(self._running()),
                quiet_s=time.monotonic() - self._heard_at,
                greeted=self._greeting is not None and self._greeting.done(),
            )
        )

    async def drain(self) -> bool:
        """Take no more attempts, for an actor of another version to have the GPU; whether idle."""
        self._draining = True
        return not self._running()

    def _running(self) -> list[str]:
        return [key for key, log in self._logs.items() if not log.over]

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
        self._heard_at = time.monotonic()
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
            # Whoever reads one that is dropped has it in hand.
            finished = [key for key, one in self._logs.items() if one.over]
            for key in finished[:-KEPT_FINISHED]:
                del self._logs[key]

    async def _cancel_orphans(self) -> None:
        """Ray does not tell an actor that its gateway died, and another may come."""
        while True:
            await asyncio.sleep(ORPHAN_S / 10)
            orphans = self._running()
            if orphans and time.monotonic() - self._asked_at > ORPHAN_S:
                logger.warning("no gateway has asked for %g s: %s", ORPHAN_S, ", ".join(orphans))
                for key in orphans:
                    self._requests.put(Cancel(key))
