"""A disk of a few megabytes, for what happens when one is full."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk_if_allowed(folder: Path, size: str) -> Iterator[bool]:
    """A file system of its own at ``folder``; whether this machine lets us mount one."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mounted = (
        sys.platform == "linux"
        and os.geteuid() == 0
        and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    )
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def small_disk(folder: Path, size: str = "3m") -> Iterator[None]:
    """The same, for a test that is nothing without it."""
    with small_disk_if_allowed(folder, size) as mounted:
        if not mounted:
            pytest.skip("needs the right to mount a file system")
        yield


def enlarge(folder: Path, size: str) -> None:
    """Give the file system at ``folder`` another size."""
    mount = ["mount", "-o", f"remount,size={size}", str(folder)]
    subprocess.run(mount, check=True, capture_output=True)


def fill(folder: Path) -> Path:
    """Leave no byte free at ``folder``; the file to remove when there is to be room again."""
    filler = folder / "filler"
    block = bytes(1 << 16)
    with filler.open("ab", buffering=0) as file:
        while block:
            try:
                file.write(block)
            except OSError:
                block = block[: len(block) // 2]
    return filler
