"""Limits that the decoding process lays on itself, so that no picture can take the machine."""

import os
import sys
import time

from bot.intake.limits import IntakeLimits

# As nice as it gets short of idle: what reads a picture waits for what answers members.
NICENESS = 10
# Its two pipes, the null device, the random source and some air.
MAX_OPEN_FILES = 24

if sys.platform != "win32":
    import resource

    def confine(limits: IntakeLimits) -> None:
        """Limit memory, open files and file sizes of this process, and its claim to a core."""
        os.nice(NICENESS)
        _lower(resource.RLIMIT_AS, limits.memory_bytes)
        _lower(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)
        _lower(resource.RLIMIT_FSIZE, 0)
        _lower(resource.RLIMIT_CORE, 0)

    def grant_time(timeout_s: float) -> None:
        """Let this process compute for ``timeout_s`` more seconds, then die of SIGXCPU.

        The bot ends it by the clock; this is for the case that the bot is gone.
        """
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        until = int(time.process_time() + timeout_s) + 2
        if hard != resource.RLIM_INFINITY:
            until = min(until, hard)
        resource.setrlimit(resource.RLIMIT_CPU, (until, hard))

    def _lower(kind: int, most: int) -> None:
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):
            # macOS refuses a limit on the address space; there the clock alone protects.
            if sys.platform == "linux":
                raise

else:

    def confine(limits: IntakeLimits) -> None:
        """Nothing on Windows, which has no such limits; there the clock alone protects."""

    def grant_time(timeout_s: float) -> None:
        """Nothing on Windows."""


def mute() -> int:
    """Point standard output and error at nothing; give the former standard output back.

    Codecs write warnings there that quote the file, and a stray byte would break a frame.
    """
    replies = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.close(nothing)
    return replies
