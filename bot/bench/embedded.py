"""What the embedded checkpoint is worth: measured in a process of its own, for it needs torch."""

import asyncio
import json
import sys
from importlib.util import find_spec
from typing import Any

from bot.errors import RestyleError

_NEEDED = ("torch", "diffusers", "cv2", "skimage", "OpenEXR")


class BenchError(RestyleError):
    """A benchmark cannot be run here; the message says what is missing."""


async def measure_embedded(*, photos: int | None, sizes: bool) -> dict[str, Any]:
    """The report of ``python -m engine.embedded.evaluation``; its progress goes to stderr.

    Args:
        photos: How many of the evaluation photographs; all when None.
        sizes: Whether other sizes than 256 × 256 are measured too.

    Raises:
        BenchError: The training extra is not installed, or the measuring ended badly.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise BenchError(
            "This benchmark needs more packages: install the extras `engine` and `train`."
        )
    chosen = ["--photos", str(photos)] if photos is not None else []
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "engine.embedded.evaluation",
        *chosen,
        *([] if sizes else ["--no-sizes"]),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    if process.returncode != 0:
        raise BenchError("The measuring of the embedded model ended badly; see above.")
    found: dict[str, Any] = json.loads(out)
    return found
