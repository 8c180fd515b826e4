"""Ends this process when the one that started it is gone, however stuck it is itself."""

import ctypes
import signal
import sys

# From linux/prctl.h.
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Have the kernel send SIGKILL then; only Linux can.

    Elsewhere the end of the pipe to the parent says so, which is read between two steps. It is
    also read where the parent was gone before this was called.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
