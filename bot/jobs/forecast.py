"""When a job will be done: what runs, what waits before it, and how many run at once."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from statistics import fmean

from bot.jobs.estimate import Estimator, Work, at_size
from bot.offer import Offer
from engine.api import Engine

# Encoding and decoding, counted in steps, where a step was measured and no whole job yet.
ENDS_STEPS = 2
# What a job has left at least for as long as it runs: its picture is still to be decoded.
LEAST_STEPS = 0.25
# So many of those who wait are followed one by one; of more, each takes as long as these.
FOLLOWED = 100


@dataclass(slots=True, kw_only=True)
class Run:
    """A job in the engine, as far as it has come."""

    work: Work
    total: int
    step: int = 0
    stepped_s: float = field(default_factory=time.perf_counter)
    seen: list[int] = field(default_factory=list)

    @property
    def company(self) -> float:
        """How many jobs ran with it, itself among them, on the average of its steps."""
        return fmean(self.seen) if self.seen else 1.0


class Forecast:
    """Knows how far the jobs in the engine are, and from that when others will be done."""

    def __init__(self, *, engine: Engine, offer: Offer, estimator: Estimator) -> None:
        self._engine = engine
        self._offer = offer
        self._estimator = estimator
        self._runs: list[Run] = []

    @contextmanager
    def running(self, work: Work) -> Iterator[Run]:
        """Within, a job is in the engine."""
        run = Run(work=work, total=self._steps(work))
        self._runs.append(run)
        try:
            yield run
        finally:
            self._runs = [other for other in self._runs if other is not run]

    def stepped(self, run: Run, step: int, total: int) -> None:
        """Note that a job has made ``step`` of ``total`` steps."""
        run.step, run.total, run.stepped_s = step, total, time.perf_counter()
        run.seen.append(len(self._runs))

    def learn(self, run: Run, num_inference_steps: int, seconds: float) -> None:
        """Learn from a job that the engine finished in so many seconds."""
        steps = max(1, int(num_inference_steps * run.work.strength))
        self._estimator.learn(run.work, steps, seconds, run.company / self._workers)

    def wait_s(self, before: Sequence[Work | None], own: Work) -> float | None:
        """Seconds until a job is done that waits behind others.

        Args:
            before: Those who wait before it, the next one first; None for one of whom nothing is
                known, and who is taken to be as this one.

        Returns:
            None where nothing was ever measured of its checkpoint.
        """
        if self._step_s(own, 1) is None:
            return None

        # Those who wait mostly want the same few things, and this is asked at each of their steps.
        @cache
        def step_s(work: Work, company: int) -> float:
            known = self._step_s(work, company)
            # Another checkpoint that never ran here is taken to be as quick as the own.
            return known or self._step_s(own, company) or 0.0

        waiting = [*(one or own for one in before[:FOLLOWED]), own]
        left = [(run.work, self._left(run, step_s)) for run in self._runs]
        slots = max(1, self._engine.health().slots)
        queue = [(work, float(self._steps(work))) for work in waiting]
        return done_s(left, queue, slots, step_s) * max(1.0, len(before) / FOLLOWED)

    def _left(self, run: Run, step_s: Callable[[Work, int], float]) -> float:
        """Steps that a running job has left, with the part that is made of the next one."""
        one = step_s(run.work, len(self._runs))
        begun = (time.perf_counter() - run.stepped_s) / one if one > 0 else 0.0
        return max(LEAST_STEPS, run.total - run.step - min(1.0, begun))

    def _steps(self, work: Work) -> int:
        return work.steps(self._offer.still(work.checkpoint).num_inference_steps)

    @property
    def _workers(self) -> int:
        workers = self._engine.health().workers
        return max(1, sum(worker.alive and not worker.drained for worker in workers))

    def _step_s(self, work: Work, jobs: int) -> float | None:
        company = -(-jobs // self._workers)
        learnt = self._estimator.step_s(work, company)
        if learnt is not None:
            return learnt
        health = self._engine.health()
        for timed in (health.step_seconds, health.profiled_seconds):
            alone = at_size(_of_checkpoint(timed, work.checkpoint), work.width, work.height)
            if alone is not None:
                steps = self._steps(work)
                return alone * company * (steps + ENDS_STEPS) / steps
        return None


@dataclass(slots=True)
class _Part:
    """A job and the steps that it has left."""

    work: Work
    left: float


def done_s(
    inside: Sequence[tuple[Work, float]],
    waiting: Sequence[tuple[Work, float]],
    slots: int,
    step_s: Callable[[Work, int], float],
) -> float:
    """Seconds until the last of ``waiting`` is done.

    Args:
        inside: Jobs that run, and the steps that each has left.
        waiting: Jobs that wait, at least one, the next one first, and the steps of each.
        slots: How many run at once.
        step_s: Seconds of a job's step while so many run.
    """
    now_s = 0.0
    running, queue = [_Part(*one) for one in inside], deque(_Part(*one) for one in waiting)
    last = queue[-1]
    while last.left > 0:
        while queue and len(running) < slots:
            running.append(queue.popleft())
        paces = [step_s(part.work, len(running)) for part in running]
        next_s = min(part.left * pace for part, pace in zip(running, paces, strict=True))
        now_s += next_s
        for part, pace in zip(running, paces, strict=True):
            # Whoever is done is so to the last bit, or rounding would go on with it for ever.
            over = pace <= 0 or part.left * pace <= next_s
            part.left = 0.0 if over else part.left - next_s / pace
        running = [part for part in running if part.left > 0]
    return now_s


def _of_checkpoint(timed: Mapping[str, float], name: str) -> dict[tuple[int, int], float]:
    """What an engine timed, as ``"{checkpoint} {width}x{height}"``, of one checkpoint by size."""
    found = {}
    for place, seconds in timed.items():
        checkpoint, _, size = place.rpartition(" ")
        if checkpoint == name:
            width, _, height = size.partition("x")
            found[int(width), int(height)] = seconds
    return found
