"""What went wrong with an attempt, as a code and a sentence; the rest goes to the log."""

import logging

import torch

from engine.errors import AttemptError, EngineError, OutOfMemory

logger = logging.getLogger(__name__)

INTERNAL = "Something went wrong inside the engine."
NO_ROOM = "The device has no memory left for a picture of this size."


def is_out_of_memory(error: BaseException) -> bool:
    """Whether fewer rows, or a smaller picture, would have fitted."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError | OutOfMemory)


def explain(error: Exception, key: str) -> tuple[str, str]:
    """Code and sentence for the member; the rest goes to the log under the attempt's key."""
    if is_out_of_memory(error):
        return OutOfMemory.code, NO_ROOM
    if isinstance(error, AttemptError):
        return error.code, str(error)
    logger.error("attempt %s failed", key, exc_info=error)
    return EngineError.code, INTERNAL
