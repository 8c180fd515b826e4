"""The machine: Python, memory, disk, the device that torch sees, and its driver."""

import asyncio
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from bot.doctor.finding import Finding, fail, ok, warn
from bot.settings import Settings

GIB = 1024**3
# The embedded checkpoint and the bot together; larger checkpoints need more.
LEAST_MEMORY_GIB = 3
TORCH_TIMEOUT_S = 60.0
# torch is never imported into this process.
_ASK_TORCH = """
import json, torch
device = torch.accelerator.current_accelerator(check_available=True)
about = {"torch": torch.__version__, "device": "cpu" if device is None else str(device)}
if about["device"].startswith("cuda"):
    gpu = torch.cuda.get_device_properties(0)
    about |= {"name": gpu.name, "memory": gpu.total_memory, "cuda": torch.version.cuda}
print(json.dumps(about))
"""


def python() -> Finding:
    """The version that runs this."""
    return ok("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def env_file(folder: Path) -> Iterator[Finding]:
    """A `.env` that others can read holds a token that others can read."""
    file = folder / ".env"
    if os.name == "posix" and file.exists() and file.stat().st_mode & 0o077:
        yield fail(".env", "others can read it", f"chmod 600 {file.name}")


def memory() -> Finding:
    """Memory that programs can still get."""
    available = psutil.virtual_memory().available / GIB
    told = f"{available:.1f} GiB available"
    if available < LEAST_MEMORY_GIB:
        return warn("memory", told, "Close other programs, or choose a smaller checkpoint.")
    return ok("memory", told)


def disk(settings: Settings) -> Finding:
    """Room in the data folder."""
    free = shutil.disk_usage(settings.data_dir).free
    told = f"{free / GIB:.1f} GiB free in {settings.data_dir}"
    if free < settings.disk_low_bytes:
        return warn(
            "disk", told, "Make room, shorten how long pictures are kept, or move the data folder."
        )
    return ok("disk", told)


async def torch() -> Finding:
    """What torch is installed, and the device that it would take."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _ASK_TORCH, stdout=-1, stderr=-1
    )
    try:
        async with asyncio.timeout(TORCH_TIMEOUT_S):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return fail("torch", "it did not answer", "Install it again: make install.")
    if process.returncode != 0:
        last = err.decode(errors="replace").strip().splitlines()[-1:]
        return fail("torch", " ".join(last) or "it ended", "Install the engine: make install.")
    about = json.loads(out)
    if about["device"] == "cpu":
        return warn(
            "torch",
            f"{about['torch']}, no accelerator",
            "Fine for the embedded checkpoint; others are slow without a GPU.",
        )
    told = f"{about['torch']} on {about['device']}"
    if "name" in about:
        told += f", {about['name']} with {about['memory'] / GIB:.0f} GiB, CUDA {about['cuda']}"
    return ok("torch", told)


async def driver() -> Finding | None:
    """The NVIDIA driver, where there is one."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    query = ("--query-gpu=name,driver_version,memory.used,memory.total", "--format=csv,noheader")
    process = await asyncio.create_subprocess_exec(program, *query, stdout=-1, stderr=-1)
    out, _ = await process.communicate()
    if process.returncode != 0:
        return fail("driver", "nvidia-smi finds no GPU", "Install the driver, then restart.")
    return ok("driver", out.decode(errors="replace").strip().replace("\n", "; "))
