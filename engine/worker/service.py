"""The checkpoints of this engine, and the loop that serves a client until its stream ends."""

import argparse
import logging
import queue
from collections.abc import Callable
from typing import Self, assert_never

import diffusers
import torch

from engine.checkpoints import Checkpoint, find_checkpoint
from engine.core import EngineCore
from engine.events import Lost, Terminal
from engine.families.loading import load_family, pick_device
from engine.protocol import VERSION, Attach, Cancel, Hello, Report, Shutdown, Submit
from engine.worker.changeover import Changeover
from engine.worker.device_memory import device_memory
from engine.worker.exchange import Replies, Requests
from engine.worker.profiling import find_profile
from engine.worker.tracing import Witness, witness

logger = logging.getLogger(__name__)


class Service:
    """Serves clients, one after another, with weights that stay loaded. Made by ``load``."""

    def __init__(self, cores: Changeover, device: str, seen_by: Witness) -> None:
        self._core = cores
        self._witness = seen_by
        self._unfinished: set[str] = set()
        self.device = device

    @classmethod
    def load(cls, options: argparse.Namespace) -> Self:
        """Load the checkpoint that the arguments name; raises ``EngineError``."""
        # First, since loading takes long and this fails at once.
        seen_by = witness(options.traces_endpoint)
        names = dict.fromkeys((options.checkpoint, *options.also))
        served = [find_checkpoint(name, options.checkpoints_file) for name in names]

        def make(checkpoint: Checkpoint) -> EngineCore:
            family = load_family(checkpoint, options.device)
            profile = find_profile(family, checkpoint, options.max_rows, options.profile_dir)
            return EngineCore(family, checkpoint, max_rows=options.max_rows, profile=profile)

        return cls(Changeover(served, make), pick_device(options.device), seen_by)

    def serve(
        self, inbox: Requests, outbox: Replies, *, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        """Greet, then work until the client goes away, says so, or ``stopped`` turns true."""
        outbox.put(
            Hello(
                version=VERSION,
                device=self.device,
                checkpoint=self._core.first.name,
                slots=self._slots(),
                versions={"torch": str(torch.__version__), "diffusers": diffusers.__version__},
            )
        )
        outbox.put(self._report())
        try:
            while not stopped() and self._take_all(inbox, outbox):
                self._turn(outbox)
        finally:
            self._drop_all()

    def _take_all(self, inbox: Requests, outbox: Replies) -> bool:
        """Take what was asked meanwhile, waiting if there is nothing to do; False at the end."""
        try:
            while True:
                request = inbox.get(wait=not self._core.has_work)
                if request is None or isinstance(request, Shutdown):
                    return False
                self._take(request, outbox)
        except queue.Empty:
            return True

    def _take(self, request: Submit | Cancel | Attach, outbox: Replies) -> None:
        match request:
            case Submit(attempt=attempt):
                self._witness.submitted(attempt)
                self._unfinished.add(attempt.key)
                self._core.submit(attempt)
            case Cancel(key=key):
                self._core.cancel(key)
            case Attach(key=key, after_seq=after_seq):
                # What a client hung up on was dropped.
                outbox.put(Lost(key, after_seq + 1))
            case _:
                assert_never(request)

    def _turn(self, outbox: Replies) -> None:
        for event in self._core.step():
            outbox.put(event)
            self._witness.saw(event)
            if isinstance(event, Terminal):
                self._unfinished.discard(event.key)
                outbox.put(self._report())

    def _report(self) -> Report:
        taken, total = device_memory(self.device)
        return Report(
            slots=self._slots(),
            step_seconds=self._core.step_seconds,
            profiled_seconds=self._core.profiled_seconds,
            max_rows=self._core.max_rows,
            out_of_memory=self._core.out_of_memory,
            calls=self._core.calls,
            memory_bytes=taken,
            memory_total_bytes=total,
        )

    def _drop_all(self) -> None:
        """Let go of what a client that is gone had asked for."""
        for key in self._unfinished:
            self._core.cancel(key)
        self._unfinished.clear()
        self._core.step()
        self._witness.dropped()

    def close(self) -> None:
        """Send what is left of traces; the weights go with the process."""
        self._witness.close()

    def _slots(self) -> int:
        # With classifier-free guidance a job takes two rows.
        return max(1, self._core.max_rows // 2)
