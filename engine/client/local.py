"""LocalEngine: keeps the link to one engine alive and turns its replies into streams of events."""

import asyncio
import logging
from collections.abc import AsyncGenerator

import msgspec

from engine.api import Health
from engine.client.link import EngineLink
from engine.client.options import EngineOptions
from engine.client.process import EngineProcess
from engine.client.unix_socket import EngineSocket
from engine.errors import EngineDead, EngineError
from engine.events import Event, Lost, Terminal
from engine.params import Attempt
from engine.protocol import Attach, Cancel, Fatal, Hello, Reply, Report, Submit

logger = logging.getLogger(__name__)

FIRST_BACKOFF_S = 0.25
LONGEST_BACKOFF_S = 60.0


class _Call:
    """The events of one attempt on their way to its reader, and the number of the latest."""

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self.events: asyncio.Queue[Event] = asyncio.Queue()

    def take(self, event: Event) -> None:
        """Pass an event on, unless it was before the link broke."""
        if event.seq > self.seq:
            self.seq = event.seq
            self.events.put_nowait(event)


class LocalEngine:
    """``engine.api.Engine`` over one engine on this machine.

    A child process is started again whenever it dies; one that runs by itself is connected to
    again whenever the connection ends. Attempts are lost with their engine; where they outlive it
    (``Hello.lasting``, the gateway of a cluster) they are attached to again instead.
    """

    def __init__(self, options: EngineOptions) -> None:
        self._options = options
        self._health = Health(alive=False)
        self._link: EngineLink | None = None
        self._ready = asyncio.Event()
        self._calls: dict[str, _Call] = {}
        self._lasting = False
        self._supervisor: asyncio.Task[None] | None = None
        self._watchdog: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the engine, None while there is none, or where it runs by itself."""
        return None if self._link is None else self._link.pid

    async def start(self) -> None:
        """Start the process, or connect to the one that runs, and wait for its hello.

        Raises:
            CheckpointError: The checkpoint cannot be loaded.
            EngineDead: The process ended or was not ready in time.
            NotInstalled: There is nothing to start.
        """
        link = await self._spawn()
        self._supervisor = asyncio.create_task(self._supervise(link), name="engine-supervisor")

    def submit(self, attempt: Attempt) -> AsyncGenerator[Event, None]:
        """Hand over an attempt and yield its events, the last of them terminal."""
        return self._listen(attempt.key, -1, Submit(attempt))

    def attach(self, key: str, after_seq: int) -> AsyncGenerator[Event, None]:
        """Yield the events of an earlier attempt that are numbered above ``after_seq``."""
        return self._listen(key, after_seq, Attach(key, after_seq))

    async def _listen(
        self, key: str, seq: int, request: Submit | Attach
    ) -> AsyncGenerator[Event, None]:
        if self._link is None or not self._ready.is_set():
            yield Lost(key, seq + 1)
            return
        self._calls[key] = call = _Call(seq)
        self._link.send(request)
        self._rewind_watchdog()
        event: Event | None = None
        try:
            while not isinstance(event, Terminal):
                event = await call.events.get()
                yield event
        finally:
            self._calls.pop(key, None)
            if not isinstance(event, Terminal) and self._link is not None:
                # Nobody listens any more, so nobody needs the picture.
                self._link.send(Cancel(key))
            self._rewind_watchdog()

    async def cancel(self, key: str) -> None:
        """Ask for an attempt to stop at the next step boundary; unknown keys are ignored."""
        if self._link is not None:
            self._link.send(Cancel(key))

    def health(self) -> Health:
        """The last known state, without waiting."""
        return msgspec.structs.replace(
            self._health, alive=self._ready.is_set(), running=tuple(self._calls)
        )

    async def wait_ready(self) -> None:
        """Return when the engine can take attempts (again)."""
        await self._ready.wait()

    async def close(self) -> None:
        """End the process; attempts still in it yield ``Lost``. May be called twice."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)
            self._supervisor = None
        link, self._link = self._link, None
        self._lose_all()
        if link is not None:
            await link.end()

    async def _spawn(self) -> EngineLink:
        link = await self._open()
        try:
            hello = await link.hello(self._options.ready_timeout_s)
            self._check(hello)
        except BaseException:
            # Not ready, or not wanted any more: either way it must not be left behind.
            link.kill()
            await link.end()
            raise
        self._greet(hello)
        self._link = link
        self._ready.set()
        for key, call in self._calls.items():
            link.send(Attach(key, call.seq))
        return link

    async def _open(self) -> EngineLink:
        if self._options.socket is None:
            return await EngineProcess.spawn(self._options)
        return await EngineSocket.connect(self._options.socket, self._options)

    def _check(self, hello: Hello) -> None:
        # Only an engine that somebody else started can have other weights than we asked for.
        if hello.checkpoint != self._options.checkpoint:
            raise EngineDead(
                f"The engine runs the checkpoint {hello.checkpoint}, the bot is set to "
                f"{self._options.checkpoint}; RESTYLE_CHECKPOINT must be the same for both."
            )

    def _greet(self, hello: Hello) -> None:
        self._lasting = hello.lasting
        self._health = msgspec.structs.replace(
            self._health, device=hello.device, checkpoint=hello.checkpoint, slots=hello.slots
        )
        logger.info("engine ready: %s on %s, %s", hello.checkpoint, hello.device, hello.versions)

    async def _supervise(self, link: EngineLink) -> None:
        while True:
            async for reply in link.replies():
                self._take(reply)
            self._link = None
            self._ready.clear()
            if not self._lasting:
                self._lose_all()
            link.kill()
            logger.error("the engine is gone: %s", await link.end())
            link = await self._respawn()

    async def _respawn(self) -> EngineLink:
        backoff_s = FIRST_BACKOFF_S
        give_up_at = asyncio.get_running_loop().time() + self._options.ready_timeout_s
        while True:
            self._health = msgspec.structs.replace(self._health, restarts=self._health.restarts + 1)
            try:
                return await self._spawn()
            except (EngineError, OSError) as error:
                logger.error("the engine did not start, next try in %g s: %s", backoff_s, error)
            if asyncio.get_running_loop().time() > give_up_at:
                # Whatever outlived the link has by now been let go of on the other side, too.
                self._lose_all()
            await asyncio.sleep(backoff_s)
            backoff_s = min(LONGEST_BACKOFF_S, backoff_s * 2)

    def _take(self, reply: Reply) -> None:
        self._rewind_watchdog()
        match reply:
            case Report():
                self._health = msgspec.structs.replace(
                    self._health,
                    slots=reply.slots,
                    step_seconds=reply.step_seconds,
                    profiled_seconds=reply.profiled_seconds,
                    max_rows=reply.max_rows,
                    out_of_memory=reply.out_of_memory,
                    calls=reply.calls,
                    memory_bytes=reply.memory_bytes,
                    memory_total_bytes=reply.memory_total_bytes,
                    workers=reply.workers,
                )
            case Hello() | Fatal():
                logger.warning("the engine said %s out of turn", type(reply).__name__)
            case event:
                # An attempt that was let go still says its last words; nobody listens.
                if call := self._calls.get(event.key):
                    call.take(event)

    def _lose_all(self) -> None:
        self._ready.clear()
        calls, self._calls = self._calls, {}
        for key, call in calls.items():
            call.events.put_nowait(Lost(key, -1))
        self._rewind_watchdog()

    def _rewind_watchdog(self) -> None:
        """Give the engine its time again, or let the watchdog rest while it has nothing to do."""
        if self._watchdog is not None:
            self._watchdog.cancel()
            self._watchdog = None
        if self._calls:
            loop = asyncio.get_running_loop()
            self._watchdog = loop.call_later(self._options.step_timeout_s, self._bite)

    def _bite(self) -> None:
        self._watchdog = None
        if self._link is not None:
            logger.error(
                "the engine was silent for %g s and is started again; a step that may take longer "
                "needs a larger RESTYLE_ENGINE_STEP_TIMEOUT_S",
                self._options.step_timeout_s,
            )
            self._link.kill()
