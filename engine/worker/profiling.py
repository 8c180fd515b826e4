"""The profile that an engine works by: known from an earlier start, or measured at this one."""

import logging
from pathlib import Path
from typing import Any

import diffusers
import torch

from engine.checkpoints import Checkpoint
from engine.core.profile import (
    Profile,
    ProfileKey,
    keep_profile,
    load_profile,
    measure_profile,
    processor_name,
)
from engine.families.base import Family

logger = logging.getLogger(__name__)


def find_profile(
    family: Family[Any], checkpoint: Checkpoint, max_rows: int, folder: Path | None
) -> Profile | None:
    """What calls cost at the checkpoint's own size; None for a stock family or without a folder."""
    if folder is None or checkpoint.family == "stock":
        return None
    key = _key(checkpoint, family.device, max_rows)
    profile = load_profile(folder, key)
    if profile is None:
        profile = _measure(family, checkpoint.size, max_rows)
        if profile is None:
            return None
        keep_profile(folder, key, profile)
    pixels = checkpoint.size**2
    logger.info(
        "a step at %d×%d takes %s; rows are capped at %d",
        checkpoint.size,
        checkpoint.size,
        ", ".join(f"{seconds * 1000:.0f} ms for {rows}" for rows, seconds in profile.seconds),
        profile.cap(pixels, max_rows),
    )
    return profile


def _measure(family: Family[Any], side: int, max_rows: int) -> Profile | None:
    def seconds(rows: int) -> float:
        measured = family.measure(rows, side, side)
        assert measured is not None  # only stock families measure nothing
        return measured

    try:
        return measure_profile(seconds, pixels=side * side, most=max_rows)
    except (torch.OutOfMemoryError, MemoryError):
        # Rows are halved while jobs run where they do not fit; a profile must not end the start.
        logger.warning("memory ran out while steps were measured; there is no profile")
        return None


def _key(checkpoint: Checkpoint, device: str, max_rows: int) -> ProfileKey:
    on_gpu = device.startswith("cuda")
    return ProfileKey(
        checkpoint=checkpoint.name,
        source=checkpoint.source,
        revision=checkpoint.revision,
        # The whole row: whatever an operator changes in it may change the time of a step.
        options=repr(checkpoint),
        side=checkpoint.size,
        max_rows=max_rows,
        device=torch.cuda.get_device_name(device) if on_gpu else f"{device} {processor_name()}",
        threads=torch.get_num_threads(),
        versions={"torch": str(torch.__version__), "diffusers": diffusers.__version__},
    )
