"""What may go wrong on the wire, queued by route or drawn at random."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Reply:
    """Answer with an error of Discord's, and do nothing."""

    status: int
    code: int = 0
    message: str = "fault"

    def __str__(self) -> str:
        return f"{self.status}/{self.code}" if self.code else str(self.status)


@dataclass(frozen=True)
class RateLimit:
    """Answer 429; ``via`` False is what Cloudflare says of a banned address."""

    retry_after_s: float = 0.2
    is_global: bool = False
    via: bool = True

    def __str__(self) -> str:
        return "429 global" if self.is_global else "429"


@dataclass(frozen=True)
class Drop:
    """Drop the connection: before the body is read, during it, or after all was done."""

    when: Literal["before", "during", "after"]

    def __str__(self) -> str:
        return f"drop {self.when}"


@dataclass(frozen=True)
class Slow:
    """Do what was asked, but answer late.

    Attributes:
        done_first: It is done at once, and only the answer takes its time.
    """

    seconds: float
    done_first: bool = False

    def __str__(self) -> str:
        return f"slow {self.seconds:g}"


Fault = Reply | RateLimit | Drop | Slow


@dataclass
class _Queued:
    method: str
    path: re.Pattern[str]
    fault: Fault
    left: int
    skip: int
    matching: Callable[[int], bool]


@dataclass
class FaultQueue:
    """Faults in the order in which they were added; the first that fits a call is used up by it.

    Attributes:
        met: How many calls met a fault.
        storm: Draws a fault for a call that no queued one fits, or None.
    """

    met: int = 0
    storm: Callable[[str, str], Fault | None] = lambda _method, _path: None
    _queue: list[_Queued] = field(default_factory=list)

    def add(
        self,
        method: str,
        path: str,
        fault: Fault,
        *,
        times: int = 1,
        skip: int = 0,
        matching: Callable[[int], bool] = lambda _size: True,
    ) -> None:
        """Let the next ``times`` calls of a route meet ``fault``, after ``skip`` that do not.

        Args:
            path: ``*`` stands for one segment, ``**`` for any number.
            matching: Looks at the Content-Length too, to tell uploads from other edits.
        """
        pattern = re.escape(path).replace(r"\*\*", ".+").replace(r"\*", "[^/]+")
        queued = _Queued(method, re.compile(pattern), fault, times, skip, matching)
        self._queue.append(queued)

    def clear(self) -> None:
        """Forget all that is queued, and end the storm."""
        self._queue.clear()
        self.storm = lambda _method, _path: None

    def take(self, method: str, path: str, size: int) -> Fault | None:
        """The fault that a call of ``size`` bytes meets."""
        for queued in self._queue:
            fits = queued.method in (method, "*") and queued.path.fullmatch(path)
            if not fits or not queued.matching(size):
                continue
            if queued.skip > 0:
                queued.skip -= 1
                continue
            queued.left -= 1
            if queued.left == 0:
                self._queue.remove(queued)
            self.met += 1
            return queued.fault
        drawn = self.storm(method, path)
        self.met += drawn is not None
        return drawn
