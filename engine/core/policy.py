"""Which rows go into the next denoiser call: pure numbers in, a choice out."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from engine.core.profile import Profile

# What a second of waiting weighs against a second of work still to do. Simulated with jobs of 1 to
# 20 steps that arrive at 0.8 of what a full device can do: 0.1 makes short jobs six times quicker
# than first come, first served (0 would make them nine times), and the longest wait 1.7 times as
# long (0 would make it 2.8 times).
AGEING = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One job that could make a step.

    Attributes:
        batch_key: Only rows with equal keys may share a call.
        rows: Latents that it adds to a call.
        steps_left: Denoising steps until it is done.
        pixels: Width × height.
        waited_s: Seconds since it came in.
    """

    batch_key: Hashable
    rows: int
    steps_left: int
    pixels: int
    waited_s: float


class RowPolicy:
    """Chooses the rows of each call.

    Where more rows in a call still gain throughput, as many go in as gain. Where the device is full
    with one job, jobs take turns one at a time. Whoever cannot be served at once waits in the order
    of work left, shortest first, less a share of the time waited, so that nobody waits for ever.

    Args:
        max_rows: Most latents in one call, whatever they would gain; memory running out halves it.
        profile: What calls cost; without one, more rows are taken to gain always.
    """

    def __init__(self, max_rows: int, profile: Profile | None = None) -> None:
        self.max_rows = max_rows
        self.profile = profile
        self.out_of_memory = 0
        self._seconds_per_pixel: float | None = None

    def cap(self, pixels: int) -> int:
        """Most latents in one call of pictures of so many pixels, 1 to ``max_rows``."""
        if self.profile is None:
            return self.max_rows
        return self.profile.cap(pixels, self.max_rows)

    def choose(self, candidates: Sequence[Candidate]) -> list[int]:
        """Indexes of those that make the next step together: one at least, if there are any.

        They share a batch key, and hold no more rows than the cap, but for one job that alone
        holds more.
        """
        order = sorted(range(len(candidates)), key=lambda at: (self._delay(candidates[at]), at))
        if not order:
            return []
        first = candidates[order[0]]
        room = self.cap(first.pixels) - first.rows
        chosen = [order[0]]
        for at in order[1:]:
            other = candidates[at]
            if other.batch_key == first.batch_key and other.rows <= room:
                chosen.append(at)
                room -= other.rows
        return chosen

    def observe(self, rows: int, pixels: int, seconds: float) -> None:
        """Learn from a call that was made what work costs, for as long as no profile tells."""
        cost = seconds / (rows * pixels)
        known = self._seconds_per_pixel
        self._seconds_per_pixel = cost if known is None else known + 0.25 * (cost - known)

    def step_s(self, rows: int, pixels: int) -> float:
        """Seconds that a call of so many latents takes; 0 where nothing is known yet."""
        if self.profile is not None:
            return self.profile.row_seconds(rows, pixels)
        return (self._seconds_per_pixel or 0.0) * rows * pixels

    def ran_out_of_memory(self, rows: int) -> None:
        """Allow half of the rows that did not fit, from now on."""
        self.out_of_memory += 1
        self.max_rows = max(1, min(self.max_rows, rows // 2))

    def _delay(self, candidate: Candidate) -> float:
        return self._work_s(candidate) - AGEING * candidate.waited_s

    def _work_s(self, candidate: Candidate) -> float:
        return candidate.steps_left * self.step_s(candidate.rows, candidate.pixels)
