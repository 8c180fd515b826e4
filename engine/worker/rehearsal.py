"""An engine without a model: steps of a given length, and every job gets its source back.

What a cluster does with kills, cancels and waiting does not depend on the pictures. This lets it be
tried, and timed, without weights.
"""

import queue
import time
from collections import deque
from collections.abc import Callable
from typing import assert_never

from engine.events import Cancelled, Done, Lost, Progress, Started
from engine.params import Attempt
from engine.protocol import VERSION, Attach, Cancel, Hello, Report, Shutdown, Submit
from engine.worker.exchange import Replies, Requests

STEPS = 20


class Rehearsal:
    """Takes one job after another, and ``step_seconds`` for each of its steps."""

    def __init__(self, step_seconds: float, checkpoint: str = "embedded") -> None:
        self._step_seconds = step_seconds
        self._checkpoint = checkpoint
        self._waiting: deque[Attempt] = deque()
        self._unwanted: set[str] = set()

    def serve(
        self, inbox: Requests, outbox: Replies, *, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        """Greet, then work until the client goes away, says so, or ``stopped`` turns true."""
        outbox.put(
            Hello(
                version=VERSION,
                device="none",
                checkpoint=self._checkpoint,
                slots=1,
                versions={},
            )
        )
        while not stopped() and self._take_all(inbox, outbox):
            if self._waiting and not self._run(self._waiting.popleft(), inbox, outbox):
                return

    def _take_all(self, inbox: Requests, outbox: Replies, *, working: bool = False) -> bool:
        try:
            while True:
                request = inbox.get(wait=not (working or self._waiting))
                if request is None or isinstance(request, Shutdown):
                    return False
                self._take(request, outbox)
        except queue.Empty:
            return True

    def _take(self, request: Submit | Cancel | Attach, outbox: Replies) -> None:
        match request:
            case Submit(attempt=attempt):
                self._waiting.append(attempt)
            case Cancel(key=key):
                self._unwanted.add(key)
            case Attach(key=key, after_seq=after_seq):
                outbox.put(Lost(key, after_seq + 1))
            case _:
                assert_never(request)

    def _run(self, attempt: Attempt, inbox: Requests, outbox: Replies) -> bool:
        key, began = attempt.key, time.perf_counter()
        total = attempt.params.num_inference_steps or STEPS
        outbox.put(Started(key, 0))
        for step in range(1, total + 1):
            time.sleep(self._step_seconds)
            if not self._take_all(inbox, outbox, working=True):
                return False
            if key in self._unwanted:
                self._unwanted.discard(key)
                outbox.put(Cancelled(key, step))
                return True
            outbox.put(Progress(key, step, step, total))
        outbox.put(
            Done(
                key=key,
                seq=total + 1,
                image=attempt.source or b"",
                latents=b"",
                width=attempt.params.width,
                height=attempt.params.height,
                num_inference_steps=total,
                guidance_scale=1.0,
                seconds=time.perf_counter() - began,
            )
        )
        size = f"{self._checkpoint} {attempt.params.width}x{attempt.params.height}"
        outbox.put(Report(slots=1, step_seconds={size: self._step_seconds}))
        return True
