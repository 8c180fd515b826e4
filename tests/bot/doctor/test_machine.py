"""The doctor on machines that are short of something, or lack it."""

import sys
from pathlib import Path

import psutil
import pytest

from bot.doctor import machine
from bot.doctor.finding import Finding, Level
from bot.settings import load_settings

GPU = """
class _Gpu:
    name, total_memory = "Painter 3000", 24 * 1024**3


class cuda:
    get_device_properties = staticmethod(lambda number: _Gpu)


class accelerator:
    current_accelerator = staticmethod(lambda check_available: {device})


class version:
    cuda = "13.0"


__version__ = "2.13.0"
"""


def memory_of(folder: Path, available_kib: int, monkeypatch: pytest.MonkeyPatch) -> Finding:
    """What is found on a machine whose kernel tells of so much memory."""
    told = {"MemTotal": 8_000_000, "MemFree": 1_000_000, "MemAvailable": available_kib}
    told |= dict.fromkeys(("Buffers", "Cached", "Shmem", "Active", "Inactive", "Slab"), 0)
    text = "".join(f"{name}: {kib} kB\n" for name, kib in told.items())
    (folder / "meminfo").write_text(text)
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(folder))
    return machine.memory()


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux tells of its memory")
def test_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = memory_of(tmp_path, 2 * 1024**2, monkeypatch)
    assert (short.level, short.detail) == (Level.WARN, "2.0 GiB available")
    assert "choose a smaller checkpoint" in short.remedy
    assert memory_of(tmp_path, 6 * 1024**2, monkeypatch).level is Level.OK


def test_disk(tmp_path: Path) -> None:
    # More than any disk has.
    short = machine.disk(load_settings(data_dir=tmp_path, disk_low_bytes=2**70))
    assert short.level is Level.WARN
    assert short.detail.endswith(f" GiB free in {tmp_path}")
    assert short.remedy.startswith("Make room")
    assert machine.disk(load_settings(data_dir=tmp_path, disk_low_bytes=0)).level is Level.OK


async def torch_is(source: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Finding:
    """What is found where the installed torch is ``source``."""
    (folder / "torch.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return await machine.torch()


async def test_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpu = await torch_is(GPU.format(device="'cuda:0'"), tmp_path, monkeypatch)
    assert with_gpu.level is Level.OK
    assert with_gpu.detail == "2.13.0 on cuda:0, Painter 3000 with 24 GiB, CUDA 13.0"
    without = await torch_is(GPU.format(device=None), tmp_path, monkeypatch)
    assert (without.level, without.detail) == (Level.WARN, "2.13.0, no accelerator")
    assert "slow without a GPU" in without.remedy
    why = "libcudart.so.13: cannot open shared object file"
    broken = await torch_is(f"raise ImportError({why!r})", tmp_path, monkeypatch)
    assert (broken.level, broken.detail) == (Level.FAIL, f"ImportError: {why}")
    assert "make install" in broken.remedy


async def test_a_torch_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "TORCH_TIMEOUT_S", 1.0)
    pid_file = tmp_path / "pid"
    waits = (
        f"import os, time\nopen({str(pid_file)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)"
    )
    found = await torch_is(waits, tmp_path, monkeypatch)
    assert (found.level, found.detail) == (Level.FAIL, "it did not answer")
    # It is not left behind.
    assert not pid_file.exists() or not psutil.pid_exists(int(pid_file.read_text()))


async def driver_is(script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Finding | None:
    """What is found where `nvidia-smi` does as ``script`` says."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return await machine.driver()


async def test_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "Painter 3000, 580.1, 900 MiB, 24576 MiB"
    well = await driver_is(f"echo '{line}'; echo '{line}'", tmp_path, monkeypatch)
    assert well is not None
    assert (well.level, well.detail) == (Level.OK, f"{line}; {line}")
    gone = await driver_is("echo 'has failed'; exit 9", tmp_path, monkeypatch)
    assert gone is not None
    assert (gone.level, gone.detail) == (Level.FAIL, "nvidia-smi finds no GPU")
    assert gone.remedy == "Install the driver, then restart."
    (tmp_path / "nvidia-smi").unlink()
    assert await machine.driver() is None
