"""How much of the device's memory is taken, for the operator's figures."""

import psutil
import torch


def device_memory(device: str) -> tuple[int, int]:
    """Bytes taken and bytes in all.

    On CUDA and XPU, what all programs have taken of the device that ``device`` names. On ``"mps"``
    and on a CPU, which share the machine's memory, what this process has.
    """
    if device.startswith("cuda"):
        free, total = torch.cuda.mem_get_info(device)
        return total - free, total
    if device.startswith("xpu"):
        free, total = torch.xpu.mem_get_info(device)
        return total - free, total
    if device == "mps":
        return torch.mps.driver_allocated_memory(), torch.mps.recommended_max_memory()
    return psutil.Process().memory_info().rss, psutil.virtual_memory().total
