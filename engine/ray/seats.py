"""What the gateway knows of each actor, and which of them gets the next attempt."""

import statistics
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.api import WorkerHealth
from engine.params import RestyleParams
from engine.protocol import Hello, Report

FAILURES_TO_DRAIN = 3
FAILURE_WINDOW_S = 300.0
DRAINED_FOR_S = 60.0
"""After so long a drained actor is tried again, one attempt at a time until one ended well."""
SLOW_FACTOR = 4.0
"""An actor whose step takes so many times the median of the others is drained."""
STEPS_OF_SILENCE = 50
LEAST_SILENCE_S = 5.0


@dataclass
class Seat:
    """One actor. ``actor`` is its Ray handle; ``hello`` is None until its checkpoint is loaded."""

    name: str
    actor: Any
    hello: Hello | None = None
    report: Report | None = None
    node: str = ""
    drained: str = ""
    drained_at: float = 0.0
    running: set[str] = field(default_factory=set)
    """Keys of the attempts in it that came from here."""
    others: int = 0
    """Attempts in it that came from other gateways, as of the last time that it was asked."""
    heard_at: float = 0.0
    stepping: str = ""
    """The size whose step came last, as ``"{checkpoint} {width}x{height}"``; empty if none did."""
    failures: deque[float] = field(default_factory=deque)
    checkpoint: str = ""
    """The one whose weights it has, as far as the gateway knows; empty if nobody said."""

    @property
    def free(self) -> int:
        """How many more attempts it should get now."""
        if self.hello is None or self.drained:
            return 0
        wanted = 1 if self.failures else self.slots
        return max(0, wanted - len(self.running) - self.others)

    @property
    def slots(self) -> int:
        """How many attempts it wants at once."""
        if self.hello is None:
            return 0
        return self.report.slots if self.report else self.hello.slots

    @property
    def step_seconds(self) -> dict[str, float]:
        """Its measured seconds per step, by size."""
        return self.report.step_seconds if self.report else {}

    def greeted(self, hello: Hello) -> None:
        """Its checkpoint is loaded; a new process knows of nothing that was before."""
        self.hello, self.checkpoint = hello, hello.checkpoint
        self.heard()

    def gone(self) -> None:
        """Its process is, or is about to be; what was in it is lost."""
        self.hello = self.report = None
        self.others = 0

    def take(self, key: str, checkpoint: str | None = None) -> None:
        """An attempt goes there, and brings its checkpoint's weights along; None leaves them."""
        if not self.running:
            self.heard()
        self.running.add(key)
        self.checkpoint = checkpoint or self.checkpoint

    def heard(self, stepping: str = "") -> None:
        """It gave a sign of life, perhaps a step of this size."""
        self.heard_at = time.monotonic()
        self.stepping = stepping

    def told(self, running: int, quiet_s: float) -> None:
        """It said how many attempts are in it, and for how long its engine has said nothing.

        One that works for another gateway is silent to this one, and yet has not hung.
        """
        self.others = max(0, running - len(self.running))
        self.heard_at = max(self.heard_at, time.monotonic() - quiet_s)

    def silence_allowed_s(self, step_timeout_s: float) -> float:
        """How long it may say nothing while it has work.

        Between steps a multiple of what they take; at other times it may be loading weights.
        """
        measured = self.step_seconds.get(self.stepping)
        if measured is None:
            return step_timeout_s
        return min(step_timeout_s, max(LEAST_SILENCE_S, STEPS_OF_SILENCE * measured))

    def failed(self, reason: str) -> None:
        """Count a failure that was the actor's own; too many in a while drain it."""
        now = time.monotonic()
        self.failures.append(now)
        while self.failures and now - self.failures[0] > FAILURE_WINDOW_S:
            self.failures.popleft()
        if len(self.failures) >= FAILURES_TO_DRAIN:
            self.drain(f"{len(self.failures)} failures, the last: {reason}")

    def succeeded(self) -> None:
        """An attempt ended as it should."""
        self.failures.clear()

    def drain(self, reason: str) -> None:
        """Give it no more work for now."""
        self.drained, self.drained_at = reason, time.monotonic()

    def try_again(self) -> None:
        """Lift a drain whose time is over."""
        if self.drained and time.monotonic() - self.drained_at > DRAINED_FOR_S:
            self.drained = ""

    @property
    def health(self) -> WorkerHealth:
        """As the bot is told."""
        return WorkerHealth(
            name=self.name,
            alive=self.hello is not None,
            node=self.node,
            device=self.hello.device if self.hello else "",
            slots=self.slots,
            running=len(self.running),
            drained=self.drained,
        )


def choose(seats: Iterable[Seat], params: RestyleParams) -> Seat | None:
    """The seat for an attempt: one with a free slot, the weights loaded, and soonest done.

    How soon is its step time for this size times the attempts that would share it; an actor that
    was never timed at this size is taken for a quick one, so that it gets timed.
    """
    size = f"{params.checkpoint} {params.width}x{params.height}"

    def rank(seat: Seat) -> tuple[bool, float, int]:
        expected = seat.step_seconds.get(size, 0.0) * (len(seat.running) + 1)
        return seat.checkpoint != params.checkpoint, expected, len(seat.running)

    free = [seat for seat in seats if seat.free]
    return min(free, key=rank, default=None)


def drain_slow(seats: Iterable[Seat]) -> None:
    """Drain each seat that is far slower than the others at a size that they have all run."""
    ready = [seat for seat in seats if seat.hello is not None and not seat.drained]
    for seat in ready:
        for size, seconds in seat.step_seconds.items():
            others = [
                one.step_seconds[size]
                for one in ready
                if size in one.step_seconds and one is not seat
            ]
            # With one other there is no saying which of the two is wrong.
            if len(others) < 2:
                continue
            usual = statistics.median(others)
            if seconds > SLOW_FACTOR * usual:
                seat.drain(f"{seconds:.2g} s a step at {size}, the others {usual:.2g} s")
                break
