"""EngineCore: a plain synchronous loop of ``submit``, ``cancel`` and ``step``.

Each ``step`` lets in at most one waiting attempt, makes one denoiser call over the rows that can
share it, and finishes at most one attempt, so that nobody's encode or decode holds the others up
for longer than its own.
"""

import logging
import time
from collections import Counter, deque
from typing import Any

import torch

from engine.checkpoints import Checkpoint
from engine.core.denoising import Denoising
from engine.core.failures import explain, is_out_of_memory
from engine.core.memory import release_memory, trim_heap
from engine.core.opening import open_attempt
from engine.core.policy import RowPolicy
from engine.core.profile import Profile
from engine.core.running import Running
from engine.events import Cancelled, Event, Failed
from engine.families.base import Family
from engine.params import Attempt

logger = logging.getLogger(__name__)


class EngineCore:
    """Runs attempts of one checkpoint.

    Args:
        max_rows: Most latents in the engine and in one denoiser call; halved for good when memory
            runs out.
        profile: What calls cost by rows; see ``RowPolicy``.
    """

    def __init__(
        self,
        family: Family[Any],
        checkpoint: Checkpoint,
        *,
        max_rows: int,
        profile: Profile | None = None,
    ) -> None:
        self._family = family
        self._checkpoint = checkpoint
        self.policy = RowPolicy(max_rows, profile)
        self._denoising = Denoising(family, self.policy, checkpoint.name)
        self._waiting: deque[tuple[Attempt, float]] = deque()
        self._running: list[Running] = []
        self._cancelled: set[str] = set()

    @property
    def has_work(self) -> bool:
        """Whether ``step`` would do anything."""
        return bool(self._waiting or self._running)

    @property
    def max_rows(self) -> int:
        """Most latents in one denoiser call, as memory has it now."""
        return self.policy.max_rows

    @property
    def out_of_memory(self) -> int:
        """How often memory ran out."""
        return self.policy.out_of_memory

    @property
    def step_seconds(self) -> dict[str, float]:
        """Measured seconds per call, by ``"{checkpoint} {width}x{height}"``."""
        return self._denoising.step_seconds

    @property
    def profiled_seconds(self) -> dict[str, float]:
        """What the profile says that a job's call takes alone, in the form of ``step_seconds``."""
        profile, side = self.policy.profile, self._checkpoint.size
        if profile is None:
            return {}
        # With classifier-free guidance a job takes two rows.
        rows = 2 if self._checkpoint.guidance_scale > 1 else 1
        seconds = profile.row_seconds(rows, side * side)
        return {f"{self._checkpoint.name} {side}x{side}": seconds}

    @property
    def calls(self) -> Counter[int]:
        """How many denoiser calls were made, by the latents that shared them."""
        return self._denoising.calls

    def submit(self, attempt: Attempt) -> None:
        """Take an attempt into the line."""
        self._waiting.append((attempt, time.perf_counter()))

    def cancel(self, key: str) -> None:
        """Let an attempt end at the next step boundary; unknown keys are ignored."""
        known = [attempt.key for attempt, _ in self._waiting] + [run.key for run in self._running]
        if key in known:
            self._cancelled.add(key)

    def step(self) -> list[Event]:
        """Do one turn of the loop; the events of it, in order."""
        with torch.inference_mode():
            events = [*self._drop_cancelled(), *self._admit(), *self._denoise(), *self._finish()]
        if not self.has_work:
            # Nobody waits now.
            trim_heap()
        return events

    def _drop_cancelled(self) -> list[Event]:
        events: list[Event] = []
        for entry in [entry for entry in self._waiting if entry[0].key in self._cancelled]:
            self._waiting.remove(entry)
            events.append(Cancelled(entry[0].key, 0))
        for run in [r for r in self._running if r.key in self._cancelled]:
            self._remove(run)
            self._family.discard(run.row)
            events.append(run.cancelled())
        self._cancelled.clear()
        return events

    def _admit(self) -> list[Event]:
        """Open what waits: one where others would be stalled by more, else what a call can share.

        Nobody's next step is further off than one opening, or, where nobody had a step yet, than
        about as long as that step itself takes.
        """
        stalls_others, began = bool(self._running), time.perf_counter()
        events: list[Event] = []
        while self._waiting and (not self._running or self._rows() + 1 <= self.max_rows):
            opened = self._open_next()
            events += opened
            if stalls_others or not opened or not self._running:
                break
            first = self._running[0]
            pixels = first.params.width * first.params.height
            patience_s = self.policy.step_s(self._family.cost(first.row), pixels)
            if self._rows() >= self.policy.cap(pixels) or time.perf_counter() - began > patience_s:
                break
        return events

    def _rows(self) -> int:
        """Latents of all that is open."""
        return sum(self._family.cost(run.row) for run in self._running)

    def _open_next(self) -> list[Event]:
        attempt, submitted_s = self._waiting[0]
        try:
            inputs, notes = open_attempt(attempt, self._checkpoint)
            row = self._family.begin(inputs)
        except Exception as error:  # noqa: BLE001  # boundary: one attempt's trouble stays its own
            if is_out_of_memory(error) and self._can_try_again(others=bool(self._running)):
                return []
            self._waiting.popleft()
            code, message = explain(error, attempt.key)
            return [Failed(attempt.key, 0, code, message)]
        self._waiting.popleft()
        run = Running(attempt=attempt, inputs=inputs, notes=notes, row=row, submitted_s=submitted_s)
        self._running.append(run)
        return [run.started()]

    def _denoise(self) -> list[Event]:
        outcome = self._denoising.turn(self._running)
        return [
            *(event for run in outcome.moved for event in self._stepped(run)),
            *(self._fail(run, error) for run, error in outcome.failed),
        ]

    def _stepped(self, run: Running) -> list[Event]:
        try:
            return run.stepped(self._family)
        except Exception as error:  # noqa: BLE001  # boundary: a preview that cannot be made
            return [self._fail(run, error)]

    def _finish(self) -> list[Event]:
        run = next((run for run in self._running if run.over), None)
        if run is None:
            return []
        try:
            event: Event = run.finished(self._family)
        except Exception as error:  # noqa: BLE001  # boundary: one attempt's trouble stays its own
            if is_out_of_memory(error) and self._can_try_again(others=False):
                return []
            return [self._fail(run, error)]
        self._remove(run)
        return [event]

    def _can_try_again(self, *, others: bool) -> bool:
        """Whether an encode or decode that did not fit may yet: later, or with memory saved."""
        self.policy.out_of_memory += 1
        release_memory()
        saved = self._family.save_memory()
        return saved or others

    def _fail(self, run: Running, error: Exception) -> Event:
        self._remove(run)
        self._family.discard(run.row)
        return run.failed(*explain(error, run.key))

    def _remove(self, run: Running) -> None:
        self._running = [other for other in self._running if other is not run]
