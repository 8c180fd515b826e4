"""How the bot's allocator gives memory back."""

import ctypes
import sys

# glibc's <malloc.h>.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
# One heap for all threads, which take turns in the interpreter anyway. By default each has its own,
# and what passed through it stays there.
ARENAS = 1
THRESHOLD_BYTES = 128 * 1024


def keep_little() -> None:
    """Have memory go back to the system that is not in use; nothing where there is no glibc.

    Large blocks, which are pictures, are mapped by themselves and so are gone when they are freed.
    glibc would raise that threshold by itself with the first of them.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        # musl has none.
        return
    mallopt(M_ARENA_MAX, ARENAS)
    mallopt(M_MMAP_THRESHOLD, THRESHOLD_BYTES)
    mallopt(M_TRIM_THRESHOLD, THRESHOLD_BYTES)
