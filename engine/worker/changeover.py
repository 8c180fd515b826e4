"""Serves several checkpoints with room for one: the one used last stays, another takes its place.

Attempts for another checkpoint wait until nothing runs. Then that of the first in line is loaded,
and all that wait for it come along. Whatever comes in while somebody waits goes behind them, so no
checkpoint is kept waiting by a steady stream for the one that is there.
"""

import gc
import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence

import torch

from engine.checkpoints import Checkpoint
from engine.core import EngineCore
from engine.errors import CheckpointError
from engine.events import Cancelled, Event, Failed
from engine.params import Attempt

logger = logging.getLogger(__name__)

NOT_SERVED = "This engine does not serve the checkpoint {name}."


class Changeover:
    """Looks like one ``EngineCore`` to the loop that serves clients.

    Args:
        checkpoints: All that are served; the first is loaded at once.
        make: Loads one, and raises ``CheckpointError`` if that cannot be done.

    Raises:
        CheckpointError: The first cannot be loaded.
    """

    def __init__(
        self, checkpoints: Sequence[Checkpoint], make: Callable[[Checkpoint], EngineCore]
    ) -> None:
        self._by_name = {checkpoint.name: checkpoint for checkpoint in checkpoints}
        self._make = make
        self._loaded = checkpoints[0]
        self._core: EngineCore | None = make(checkpoints[0])
        self._waiting: deque[Attempt] = deque()
        self._events: list[Event] = []
        self._step_seconds: dict[str, float] = {}
        self._profiled_seconds: dict[str, float] = {}
        self._calls: Counter[int] = Counter()
        self._max_rows = self._core.max_rows
        self._out_of_memory = 0

    @property
    def first(self) -> Checkpoint:
        """The one that was loaded at the start, by which the engine is known."""
        return next(iter(self._by_name.values()))

    @property
    def has_work(self) -> bool:
        """Whether ``step`` would do anything."""
        runs = self._core is not None and self._core.has_work
        return runs or bool(self._waiting or self._events)

    @property
    def max_rows(self) -> int:
        """Most latents in one denoiser call of the checkpoint that is loaded."""
        return self._max_rows if self._core is None else self._core.max_rows

    @property
    def out_of_memory(self) -> int:
        """How often memory ran out, under any checkpoint."""
        return self._out_of_memory + (0 if self._core is None else self._core.out_of_memory)

    @property
    def step_seconds(self) -> dict[str, float]:
        """Measured seconds per call, by ``"{checkpoint} {width}x{height}"``."""
        now = {} if self._core is None else self._core.step_seconds
        return self._step_seconds | now

    @property
    def profiled_seconds(self) -> dict[str, float]:
        """What calls take by the profiles of all that were loaded; see ``EngineCore``."""
        now = {} if self._core is None else self._core.profiled_seconds
        return self._profiled_seconds | now

    @property
    def calls(self) -> Counter[int]:
        """How many denoiser calls were made, by the latents that shared them."""
        return self._calls if self._core is None else self._calls + self._core.calls

    def submit(self, attempt: Attempt) -> None:
        """Take an attempt into the line, or refuse one for a checkpoint that is not served."""
        name = attempt.params.checkpoint
        if name not in self._by_name:
            message = NOT_SERVED.format(name=name)
            self._events.append(Failed(attempt.key, 0, CheckpointError.code, message))
        elif self._core is not None and name == self._loaded.name and not self._waiting:
            self._core.submit(attempt)
        else:
            self._waiting.append(attempt)

    def cancel(self, key: str) -> None:
        """Let an attempt end at the next step boundary; unknown keys are ignored."""
        for attempt in self._waiting:
            if attempt.key == key:
                self._waiting.remove(attempt)
                self._events.append(Cancelled(key, 0))
                return
        if self._core is not None:
            self._core.cancel(key)

    def step(self) -> list[Event]:
        """Do one turn of the loop, after a changeover where one is due; the events, in order."""
        if self._waiting and (self._core is None or not self._core.has_work):
            self._change_over()
        events, self._events = self._events, []
        return events if self._core is None else [*events, *self._core.step()]

    def _change_over(self) -> None:
        name = self._waiting[0].params.checkpoint
        coming = [attempt for attempt in self._waiting if attempt.params.checkpoint == name]
        self._waiting = deque(one for one in self._waiting if one.params.checkpoint != name)
        try:
            core = self._core_for(self._by_name[name])
        except CheckpointError as error:
            logger.error("%s", error, exc_info=error.__cause__)
            self._events += [Failed(one.key, 0, error.code, str(error)) for one in coming]
            return
        for attempt in coming:
            core.submit(attempt)

    def _core_for(self, checkpoint: Checkpoint) -> EngineCore:
        if self._core is not None and checkpoint.name == self._loaded.name:
            return self._core
        if self._core is not None:
            self._step_seconds, self._out_of_memory = self.step_seconds, self.out_of_memory
            self._calls, self._profiled_seconds = self.calls, self.profiled_seconds
            self._max_rows = self._core.max_rows
            # There may be room for one only, so the old goes before the new comes.
            self._core = None
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
        logger.info("changing over to the checkpoint %s", checkpoint.name)
        self._core = self._make(checkpoint)
        self._loaded = checkpoint
        return self._core
