"""The gateway: speaks the engine's protocol to one client, and Ray to the actors.

It holds nothing that cannot be lost. When it dies, the actors go on; the next one finds them by
name, and its client attaches to what was in them.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, assert_never

import msgspec
from ray.exceptions import RayActorError, RayError

from engine.client.options import RayOptions
from engine.events import Cancelled, Event, Failed, Lost, Progress, Terminal
from engine.params import Attempt
from engine.protocol import (
    VERSION,
    Attach,
    Cancel,
    Fatal,
    Hello,
    Report,
    Request,
    Shutdown,
    Submit,
)
from engine.ray.fleet import Fleet
from engine.ray.seats import Seat, choose
from engine.worker.exchange import Replies

logger = logging.getLogger(__name__)

# Much shorter than the client's own watchdog, which is about the gateway and no actor.
LOOKS_A_TIMEOUT = 4
LONGEST_PAUSE_S = 1.0
HOLDS_TIMEOUT_S = 10.0


class Gateway:
    """Serves one client until its requests end."""

    def __init__(self, options: RayOptions, replies: Replies) -> None:
        self._options = options
        self._replies = replies
        self._fleet = Fleet(options, changed=self._look, died=self._mourn, unfit=self._unfit)
        self._flights: dict[str, asyncio.Task[None]] = {}
        self._places: dict[str, Seat] = {}
        self._unwanted: set[str] = set()
        self._news = asyncio.Event()
        self._greeted = False
        self._ended = asyncio.Event()
        self._fatal: Fatal | None = None
        self._said: tuple[float, Report | None] = (0.0, None)

    async def serve(self, requests: AsyncIterator[Request]) -> int:
        """Greet once an actor is ready, then do what is asked; the exit code."""
        self._fleet.start()
        reading = asyncio.create_task(self._read(requests))
        watching = asyncio.create_task(self._watch())
        await self._ended.wait()
        for task in (reading, watching):
            task.cancel()
        await asyncio.gather(reading, watching, return_exceptions=True)
        if self._fatal is None:
            await self._cancel_all()
        for flight in self._flights.values():
            flight.cancel()
        await asyncio.gather(*self._flights.values(), return_exceptions=True)
        await self._fleet.close()
        return 0 if self._fatal is None else 1

    async def _read(self, requests: AsyncIterator[Request]) -> None:
        async for request in requests:
            match request:
                case Submit(attempt=attempt):
                    self._fly(attempt.key, self._run(attempt))
                case Attach(key=key, after_seq=after_seq):
                    self._fly(key, self._attach(key, after_seq))
                case Cancel(key=key):
                    self._cancel(key)
                case Shutdown():
                    break
                case _:
                    assert_never(request)
        self._ended.set()

    def _fly(self, key: str, work: Any) -> None:
        self._flights[key] = task = asyncio.create_task(work, name=f"attempt {key}")
        task.add_done_callback(lambda _: self._flights.pop(key, None))

    async def _run(self, attempt: Attempt) -> None:
        """Find a place for an attempt, and pass on what comes of it."""
        key = attempt.key
        seat = await self._place(attempt)
        if seat is None:
            self._replies.put(Cancelled(key, 0))
            return
        sent = msgspec.msgpack.encode(attempt)
        stream = seat.actor.run.options(num_returns="streaming").remote(sent)
        await self._pass_on(key, -1, seat, stream)

    async def _attach(self, key: str, after_seq: int) -> None:
        """Go on passing on what a gateway before this one had begun to."""
        await self._fleet.found.wait()
        seats = list(self._fleet.seats.values())
        held = await asyncio.gather(*(_holds(seat, key) for seat in seats))
        seat = next((seat for seat, holds in zip(seats, held, strict=True) if holds), None)
        if seat is None:
            self._unwanted.discard(key)
            self._replies.put(Lost(key, after_seq + 1))
            return
        self._take_seat(seat, key)
        if key in self._unwanted:
            self._unwanted.discard(key)
            self._cancel(key)
        stream = seat.actor.follow.options(num_returns="streaming").remote(key, after_seq)
        await self._pass_on(key, after_seq, seat, stream)

    async def _place(self, attempt: Attempt) -> Seat | None:
        """Wait for a free seat; None when the attempt is taken back meanwhile."""
        while attempt.key not in self._unwanted:
            if seat := choose(self._fleet.seats.values(), attempt.params):
                self._take_seat(seat, attempt.key, attempt.params.checkpoint)
                return seat
            # All who wait are woken in the order in which they came.
            await self._news.wait()
        self._unwanted.discard(attempt.key)
        return None

    def _take_seat(self, seat: Seat, key: str, checkpoint: str | None = None) -> None:
        seat.take(key, checkpoint)
        self._places[key] = seat

    async def _pass_on(self, key: str, seq: int, seat: Seat, stream: Any) -> None:
        event: Event | None = None
        try:
            async for reference in stream:
                event = msgspec.msgpack.decode(await reference, type=Event)
                self._hear(seat, event)
                self._replies.put(event)
                seq = event.seq
        except RayError as error:
            logger.warning("%s was lost with %s: %s", key, seat.name, type(error).__name__)
            if isinstance(error, RayActorError):
                # Known here before the fleet asks again: the next attempt must not go there.
                self._fleet.bury(seat, type(error).__name__)
        finally:
            self._places.pop(key, None)
            seat.running.discard(key)
            if not isinstance(event, Terminal):
                # Killed for its silence, dead, or draining: whatever it was, it was not the job.
                self._replies.put(Lost(key, seq + 1))
            self._look()

    def _hear(self, seat: Seat, event: Event) -> None:
        stepping = ""
        if isinstance(event, Progress):
            # Which size it is does not matter to what a step may take at most.
            stepping = max(seat.step_seconds, key=seat.step_seconds.__getitem__, default="")
        seat.heard(stepping)
        if isinstance(event, Failed) and event.retryable:
            seat.failed(event.message)
        elif isinstance(event, Terminal):
            seat.succeeded()

    def _cancel(self, key: str) -> None:
        if seat := self._places.get(key):
            seat.actor.cancel.remote(key)
        elif key in self._flights:
            self._unwanted.add(key)
            self._wake()

    async def _cancel_all(self) -> None:
        """The client is gone, so nobody needs the pictures."""
        asked = [seat.actor.cancel.remote(key) for key, seat in self._places.items()]
        if asked:
            await asyncio.wait([asyncio.ensure_future(one) for one in asked], timeout=2.0)

    async def _watch(self) -> None:
        """Kill what has hung: Ray restarts what dies, and does not notice what is silent."""
        while True:
            await asyncio.sleep(self._pause_s)
            for seat in list(self._fleet.seats.values()):
                silence = time.monotonic() - seat.heard_at
                allowed = seat.silence_allowed_s(self._options.step_timeout_s)
                if seat.running and seat.hello is not None and silence > allowed:
                    logger.error("%s was silent for %.1f s and is killed", seat.name, silence)
                    seat.failed(f"silent for {silence:.0f} s")
                    await self._fleet.kill(seat)
            self._report()

    @property
    def _pause_s(self) -> float:
        return min(LONGEST_PAUSE_S, self._options.step_timeout_s / LOOKS_A_TIMEOUT)

    def _mourn(self, seat: Seat, reason: str) -> None:
        if seat.running:
            seat.failed(reason)
        self._look()

    def _unfit(self, fatal: Fatal) -> None:
        if not self._greeted:
            self._fatal = fatal
            self._replies.put(fatal)
            self._ended.set()

    def _look(self) -> None:
        """Something changed: let those in line look again, and tell the client."""
        if not self._greeted:
            self._greet()
        self._report()
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def _greet(self) -> None:
        ready = [seat.hello for seat in self._fleet.seats.values() if seat.hello is not None]
        if not ready:
            return
        self._greeted = True
        self._replies.put(
            Hello(
                version=VERSION,
                device=f"ray: {ready[0].device}",
                checkpoint=self._options.checkpoint,
                slots=self._slots,
                versions=ready[0].versions,
                lasting=True,
            )
        )

    @property
    def _slots(self) -> int:
        """As many attempts as this client may have in the cluster, besides those of others."""
        seats = self._fleet.seats.values()
        return sum(max(0, seat.slots - seat.others) for seat in seats if not seat.drained)

    def _report(self) -> None:
        """Say how the actors are, when that is news or was not said for a while."""
        if not self._greeted:
            return
        seats = self._fleet.seats.values()
        seconds: dict[str, float] = {}
        profiled: dict[str, float] = {}
        for seat in seats:
            profiled |= seat.report.profiled_seconds if seat.report else {}
            for size, each in seat.step_seconds.items():
                seconds[size] = min(each, seconds.get(size, each))
        reports = [seat.report for seat in seats if seat.report]
        calls: Counter[int] = Counter()
        for one in reports:
            calls.update(one.calls)
        report = Report(
            slots=self._slots,
            step_seconds=seconds,
            profiled_seconds=profiled,
            max_rows=max((one.max_rows for one in reports), default=0),
            out_of_memory=sum(one.out_of_memory for one in reports),
            calls=dict(calls),
            memory_bytes=sum(one.memory_bytes for one in reports),
            memory_total_bytes=sum(one.memory_total_bytes for one in reports),
            workers=tuple(seat.health for seat in seats),
        )
        said_at, said = self._said
        if report != said or time.monotonic() - said_at >= self._pause_s:
            self._said = (time.monotonic(), report)
            self._replies.put(report)


async def _holds(seat: Seat, key: str) -> bool:
    """Whether that attempt is in the actor, as far as it can be asked."""
    try:
        async with asyncio.timeout(HOLDS_TIMEOUT_S):
            return bool(await seat.actor.holds.remote(key))
    except (RayError, TimeoutError):
        return False
