"""The figure of the device's memory: of this process on a CPU, of the whole device on a GPU."""

import psutil
import pytest
import torch

from engine.worker.device_memory import device_memory

pytestmark = pytest.mark.engine
GIB = 1024**3


def test_on_a_cpu_it_is_what_this_process_has() -> None:
    taken, total = device_memory("cpu")
    # torch alone takes more.
    assert 50 * 1024**2 < taken < total
    assert total == psutil.virtual_memory().total


@pytest.mark.parametrize("kind", ["cuda", "xpu"])
def test_on_a_gpu_it_is_what_all_programs_have_of_that_one(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The driver's answer is free and total, here for two devices; there is none to ask.
    driver = {f"{kind}:0": (20 * GIB, 24 * GIB), f"{kind}:1": (3 * GIB, 8 * GIB)}
    monkeypatch.setattr(getattr(torch, kind), "mem_get_info", driver.__getitem__)
    assert device_memory(f"{kind}:0") == (4 * GIB, 24 * GIB)
    assert device_memory(f"{kind}:1") == (5 * GIB, 8 * GIB)
