"""The check for slow callbacks is tried itself, in the loop that a debugged bot runs in."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.wire.slow_callbacks import Watch, slow_callbacks

# Long enough for threads to have stood in line for a second in all before.
BUSY_FIRST = """
import asyncio, logging, sys, threading, time
from bot.event_loop import run
from tests.wire.slow_callbacks import watch_callbacks

logging.basicConfig(level=logging.WARNING, stream=sys.stdout)
watch_callbacks()

def compute(until):
    while time.monotonic() < until:
        sum(range(1000))

def compute_for(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        sum(range(1000))

async def main():
    asyncio.get_running_loop().slow_callback_duration = 0.1
    until = time.monotonic() + 2
    threads = [threading.Thread(target=compute, args=(until,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    while time.monotonic() < until:
        await asyncio.sleep(0.01)
    for thread in threads:
        thread.join()
    await asyncio.sleep(0.1)
    {late}

def hold_up():
    {held}

run(main())
"""


@pytest.mark.parametrize(
    "held", ["time.sleep(0.3)", "compute_for(0.3)"], ids=["sleeps", "computes"]
)
def test_a_late_callback_that_holds_up_the_loop_is_found(held: str) -> None:
    log = _log("asyncio.get_running_loop().call_soon(hold_up); await asyncio.sleep(0.05)", held)
    found = [line for line in slow_callbacks(log) if "hold_up" in line]
    assert len(found) == 1, log
    assert float(found[0].partition(" ")[0]) == pytest.approx(0.3, abs=0.15)


def test_threads_that_stand_in_line_beside_each_other_are_not_added_up(tmp_path: Path) -> None:
    threads = [str(threading.get_native_id()), "one", "another"]

    def have_waited(*seconds: float) -> None:
        for thread, waited_s in zip(threads, seconds, strict=True):
            (tmp_path / thread).mkdir(exist_ok=True)
            (tmp_path / thread / "schedstat").write_text(f"5 {waited_s * 1e9:.0f} 7")

    have_waited(1, 2, 3)
    watch = Watch(tmp_path)
    have_waited(1.1, 2.3, 3.2)
    # Its own tenth of a second, and three of the one that stood in line the longest.
    assert watch.told().startswith("waited 0.400 s")


def test_a_thread_of_its_own_holds_up_nobody() -> None:
    log = _log("await asyncio.to_thread(hold_up)", "time.sleep(0.3)")
    assert not [line for line in slow_callbacks(log) if "hold_up" in line]


def _log(late: str, held: str) -> str:
    script = BUSY_FIRST.replace("{late}", late).replace("{held}", held)
    return subprocess.run(
        [sys.executable, "-X", "dev", "-c", script], check=True, capture_output=True, text=True
    ).stdout
