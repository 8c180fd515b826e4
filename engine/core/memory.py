"""Giving back memory that the process holds without need."""

import ctypes
import sys
from collections.abc import Callable
from functools import cache

import torch


def release_memory() -> None:
    """Give back what the device's allocator holds, so that a smaller call may fit."""
    if torch.accelerator.is_available():
        torch.accelerator.empty_cache()


def trim_heap() -> None:
    """Give back what glibc holds for pictures and activations that are gone.

    It keeps freed blocks for the next ones, which differ in size with every job, so that a process
    that has seen many sizes holds a hundred MiB and more of gaps. A trim takes a millisecond or
    two, and the next job as long again to get its pages; elsewhere than on glibc nothing is done.
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
