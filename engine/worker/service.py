"""Loads the checkpoint, greets the client, and runs the loop until the end of the stream."""

import argparse
import logging
import queue
from typing import assert_never

import diffusers
import torch

from engine.checkpoints import find_checkpoint
from engine.core import EngineCore
from engine.errors import EngineError
from engine.events import Terminal
from engine.families.loading import load_family
from engine.protocol import VERSION, Cancel, Fatal, Hello, Report, Shutdown, Submit
from engine.worker.streams import Inbox, Outbox

logger = logging.getLogger(__name__)


def serve(options: argparse.Namespace, inbox: Inbox, outbox: Outbox) -> int:
    """The life of the process after its streams are set up; returns the exit code."""
    try:
        checkpoint = find_checkpoint(options.checkpoint, options.checkpoints_file)
        family = load_family(checkpoint, options.device)
    except EngineError as error:
        logger.error("not ready: %s", error, exc_info=error.__cause__)
        outbox.put(Fatal(error.code, str(error)))
        return 1
    core = EngineCore(family, checkpoint, max_rows=options.max_rows)
    outbox.put(
        Hello(
            version=VERSION,
            device=family.device,
            checkpoint=checkpoint.name,
            slots=_slots(core),
            versions={"torch": str(torch.__version__), "diffusers": diffusers.__version__},
        )
    )
    _loop(core, inbox, outbox)
    return 0


def _loop(core: EngineCore, inbox: Inbox, outbox: Outbox) -> None:
    while True:
        try:
            while True:
                request = inbox.get(wait=not core.has_work)
                if request is None or isinstance(request, Shutdown):
                    return
                _take(core, request)
        except queue.Empty:
            pass
        for event in core.step():
            outbox.put(event)
            if isinstance(event, Terminal):
                outbox.put(Report(slots=_slots(core), step_seconds=core.step_seconds))


def _take(core: EngineCore, request: Submit | Cancel) -> None:
    match request:
        case Submit(attempt=attempt):
            core.submit(attempt)
        case Cancel(key=key):
            core.cancel(key)
        case _:
            assert_never(request)


def _slots(core: EngineCore) -> int:
    # With classifier-free guidance a job takes two rows.
    return max(1, core.max_rows // 2)
