"""One denoiser call a turn: the rows are chosen, moved on, and the bad one among them is found."""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.core.failures import is_out_of_memory
from engine.core.memory import release_memory
from engine.core.policy import Candidate, RowPolicy
from engine.core.running import Running
from engine.families.base import Family

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Outcome:
    """Who made a step, and who cannot go on and why."""

    moved: list[Running] = field(default_factory=list)
    failed: list[tuple[Running, Exception]] = field(default_factory=list)


class Denoising:
    """Makes the calls of one family.

    Attributes:
        step_seconds: Measured seconds per call, by ``"{checkpoint} {width}x{height}"``.
        calls: How many calls were made, by the latents that shared them.
    """

    def __init__(self, family: Family[Any], policy: RowPolicy, checkpoint_name: str) -> None:
        self._family = family
        self._policy = policy
        self._checkpoint_name = checkpoint_name
        self.step_seconds: dict[str, float] = {}
        self.calls: Counter[int] = Counter()

    def turn(self, running: Sequence[Running]) -> Outcome:
        """Move on those that the policy chooses among the rows that are not done."""
        pending = [run for run in running if not run.over]
        group = [pending[at] for at in self._policy.choose([self._candidate(r) for r in pending])]
        if not group:
            return Outcome()
        began, steps = time.perf_counter(), [run.row.step for run in group]
        try:
            self._family.advance([run.row for run in group])
        except Exception as error:  # noqa: BLE001  # boundary: told apart below
            left = [run for run, step in zip(group, steps, strict=True) if run.row.step == step]
            outcome = self._recover(left, error)
            outcome.moved[:0] = [run for run in group if run not in left]
            return outcome
        self._measure(group, time.perf_counter() - began)
        return Outcome(moved=group)

    def _candidate(self, run: Running) -> Candidate:
        return Candidate(
            batch_key=self._family.batch_key(run.row),
            rows=self._family.cost(run.row),
            steps_left=run.row.total - run.row.step,
            pixels=run.params.width * run.params.height,
            waited_s=time.perf_counter() - run.submitted_s,
        )

    def _recover(self, group: list[Running], error: Exception) -> Outcome:
        """What to do about rows whose call failed: less at once, each alone, or give one up."""
        if is_out_of_memory(error):
            return self._make_room(group, error)
        if len(group) == 1:
            return Outcome(failed=[(group[0], error)])
        # One bad row spoils a shared call: find it by running each alone, once.
        outcome = Outcome()
        for run in group:
            try:
                self._family.advance([run.row])
            except Exception as alone:  # noqa: BLE001  # boundary: this row's own trouble
                outcome.failed.append((run, alone))
            else:
                outcome.moved.append(run)
        return outcome

    def _make_room(self, group: list[Running], error: Exception) -> Outcome:
        rows = sum(self._family.cost(run.row) for run in group)
        self._policy.ran_out_of_memory(rows)
        release_memory()
        if len(group) > 1:
            logger.warning("out of memory, rows are capped at %d now", self._policy.max_rows)
            return Outcome()
        if self._family.save_memory():
            logger.warning("out of memory with one job, memory is saved at the cost of time now")
            return Outcome()
        return Outcome(failed=[(group[0], error)])

    def _measure(self, group: list[Running], seconds: float) -> None:
        params = group[0].params
        rows = sum(self._family.cost(run.row) for run in group)
        self.calls[rows] += 1
        self._policy.observe(rows, params.width * params.height, seconds)
        key = f"{self._checkpoint_name} {params.width}x{params.height}"
        known = self.step_seconds.get(key, seconds)
        self.step_seconds[key] = known + 0.25 * (seconds - known)
