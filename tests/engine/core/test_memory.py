"""What an idle engine holds: gaps of the heap go back to the system."""

import platform
import subprocess
import sys

import pytest

from tests.docs.markdown import ROOT

# In a process of its own, whose heap nobody else has torn to pieces: freed blocks below one that
# is still held stay with the process until it is trimmed.
GAPS = """
import ctypes, psutil
from engine.core import EngineCore
from tests.engine.core.test_loop import EMBEDDED, CountingFamily, named, run
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
process, block = psutil.Process(), 100_000
blocks = [libc.malloc(block) for _ in range(1000)]
for held in blocks:
    ctypes.memset(held, 1, block)
for held in blocks[:-1]:
    libc.free(held)
before = process.memory_info().rss
core = EngineCore(CountingFamily(), EMBEDDED, max_rows=8)
core.submit(named("a"))
begun = core.step()
working = process.memory_info().rss
run(core, begun)
print(before - working, before - process.memory_info().rss)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="elsewhere nothing is trimmed")
def test_an_engine_that_falls_idle_gives_back_what_it_does_not_need() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GAPS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    while_working, when_idle = map(int, done.stdout.split())
    assert while_working < 10e6
    assert when_idle > 80e6
