"""One bot to an SQLite file, whoever dies when."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from storage.errors import DatabaseTaken
from storage.sole_process import SoleProcess

HOLDS = """
import sys, time
from storage.sole_process import SoleProcess

sole = SoleProcess(sys.argv[1])
sole.take()
print("taken", flush=True)
time.sleep(600)
"""


async def hold(url: str) -> asyncio.subprocess.Process:
    """Another process that has the file."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDS, url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"taken\n"
    return process


async def test_a_second_bot_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'restyle.db'}"
    first = await hold(url)
    second = SoleProcess(url)
    with pytest.raises(DatabaseTaken, match=rf"process {first.pid}\) .*need PostgreSQL"):
        second.take()
    # The system lets go of it, however the first one ends.
    first.send_signal(signal.SIGKILL)
    await first.communicate()
    second.take()
    second.release()


def test_what_was_released_can_be_taken_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'restyle.db'}"
    for _ in range(2):
        sole = SoleProcess(url)
        sole.take()
        sole.release()
    sole.release()


def test_postgresql_is_shared() -> None:
    for _ in range(2):
        SoleProcess("postgresql://user@host/name").take()
