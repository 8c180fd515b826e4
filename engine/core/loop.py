"""EngineCore: a plain synchronous loop of ``submit``, ``cancel`` and ``step``.

Each ``step`` lets in at most one waiting attempt, makes one denoiser call over the rows that can
share it, and finishes at most one attempt, so that nobody's encode or decode holds the others up
for longer than its own.
"""

import logging
import time
from collections import deque
from typing import Any

import torch

from engine.checkpoints import Checkpoint
from engine.core.opening import open_attempt
from engine.core.running import Running
from engine.errors import AttemptError, EngineError, OutOfMemory
from engine.events import Cancelled, Event, Failed
from engine.families.base import Family
from engine.params import Attempt

logger = logging.getLogger(__name__)

INTERNAL = "Something went wrong inside the engine."
NO_ROOM = "The device has no memory left for a picture of this size."


class EngineCore:
    """Runs attempts of one checkpoint.

    Args:
        max_rows: Most latents in one denoiser call; halved for good when memory runs out.
    """

    def __init__(self, family: Family[Any], checkpoint: Checkpoint, *, max_rows: int) -> None:
        self._family = family
        self._checkpoint = checkpoint
        self.max_rows = max_rows
        self.out_of_memory = 0
        self.step_seconds: dict[str, float] = {}
        self._waiting: deque[Attempt] = deque()
        self._running: list[Running] = []
        self._cancelled: set[str] = set()
        self._turn = 0

    @property
    def has_work(self) -> bool:
        """Whether ``step`` would do anything."""
        return bool(self._waiting or self._running)

    def submit(self, attempt: Attempt) -> None:
        """Take an attempt into the line."""
        self._waiting.append(attempt)

    def cancel(self, key: str) -> None:
        """Let an attempt end at the next step boundary; unknown keys are ignored."""
        known = [attempt.key for attempt in self._waiting] + [run.key for run in self._running]
        if key in known:
            self._cancelled.add(key)

    def step(self) -> list[Event]:
        """Do one turn of the loop; the events of it, in order."""
        with torch.inference_mode():
            return [*self._drop_cancelled(), *self._admit(), *self._denoise(), *self._finish()]

    def _drop_cancelled(self) -> list[Event]:
        events: list[Event] = []
        for attempt in [a for a in self._waiting if a.key in self._cancelled]:
            self._waiting.remove(attempt)
            events.append(Cancelled(attempt.key, 0))
        for run in [r for r in self._running if r.key in self._cancelled]:
            self._remove(run)
            self._family.discard(run.row)
            events.append(run.cancelled())
        self._cancelled.clear()
        return events

    def _admit(self) -> list[Event]:
        if not self._waiting:
            return []
        attempt = self._waiting[0]
        taken = sum(self._family.cost(run.row) for run in self._running)
        if self._running and taken + 1 > self.max_rows:
            return []
        self._waiting.popleft()
        try:
            inputs, notes = open_attempt(attempt, self._checkpoint)
            row = self._family.begin(inputs)
        except Exception as error:  # noqa: BLE001  # boundary: one attempt's trouble stays its own
            code, message = _explain(error, attempt.key)
            return [Failed(attempt.key, 0, code, message)]
        run = Running(attempt=attempt, inputs=inputs, notes=notes, row=row)
        self._running.append(run)
        return [run.started()]

    def _denoise(self) -> list[Event]:
        group = self._group()
        if not group:
            return []
        began, steps = time.perf_counter(), [run.row.step for run in group]
        try:
            self._family.advance([run.row for run in group])
        except Exception as error:  # noqa: BLE001  # boundary: told apart below
            left = [run for run, step in zip(group, steps, strict=True) if run.row.step == step]
            moved = [run for run in group if run not in left]
            return [
                *(event for run in moved for event in self._stepped(run)),
                *self._recover(left, error),
            ]
        self._measure(group[0], time.perf_counter() - began)
        return [event for run in group for event in self._stepped(run)]

    def _group(self) -> list[Running]:
        """The rows that waited longest for a turn and may share a call, within the cap."""
        pending = sorted((r for r in self._running if not r.over), key=lambda run: run.turn)
        if not pending:
            return []
        key = self._family.batch_key(pending[0].row)
        group, rows = [pending[0]], self._family.cost(pending[0].row)
        for run in pending[1:]:
            cost = self._family.cost(run.row)
            if self._family.batch_key(run.row) == key and rows + cost <= self.max_rows:
                group.append(run)
                rows += cost
        self._turn += 1
        for run in group:
            run.turn = self._turn
        return group

    def _recover(self, group: list[Running], error: Exception) -> list[Event]:
        if _is_out_of_memory(error) and len(group) > 1:
            self.out_of_memory += 1
            self.max_rows = max(1, self.max_rows // 2)
            logger.warning("out of memory, rows are capped at %d now", self.max_rows)
            return []
        if len(group) == 1:
            return [self._fail(group[0], error)]
        # One bad row spoils a shared call: find it by running each alone, once.
        events: list[Event] = []
        for run in group:
            try:
                self._family.advance([run.row])
            except Exception as alone:  # noqa: BLE001  # boundary: this row's own trouble
                events.append(self._fail(run, alone))
            else:
                events += self._stepped(run)
        return events

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
            return [self._fail(run, error)]
        self._remove(run)
        return [event]

    def _fail(self, run: Running, error: Exception) -> Event:
        self._remove(run)
        self._family.discard(run.row)
        return run.failed(*_explain(error, run.key))

    def _remove(self, run: Running) -> None:
        self._running = [other for other in self._running if other is not run]

    def _measure(self, run: Running, seconds: float) -> None:
        key = f"{self._checkpoint.name} {run.params.width}x{run.params.height}"
        known = self.step_seconds.get(key, seconds)
        self.step_seconds[key] = known + 0.25 * (seconds - known)


def _is_out_of_memory(error: BaseException) -> bool:
    return isinstance(error, torch.OutOfMemoryError | MemoryError | OutOfMemory)


def _explain(error: Exception, key: str) -> tuple[str, str]:
    """Code and sentence for the member; the rest goes to the log under the attempt's key."""
    if _is_out_of_memory(error):
        return OutOfMemory.code, NO_ROOM
    if isinstance(error, AttemptError):
        return error.code, str(error)
    logger.error("attempt %s failed", key, exc_info=error)
    return EngineError.code, INTERNAL
