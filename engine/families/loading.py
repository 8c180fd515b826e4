"""Loads a checkpoint's weights and finds the family that runs it."""

from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderTiny, AutoPipelineForImage2Image
from diffusers.utils import logging

from engine.checkpoints import Checkpoint
from engine.embedded import WEIGHTS
from engine.errors import CheckpointError
from engine.families.base import Family
from engine.families.sd import SdFamily
from engine.families.stock import StockFamily


def load_family(checkpoint: Checkpoint, device: str) -> Family[Any]:
    """Load from disk or hub and place on ``device`` (``"auto"`` takes the first accelerator).

    Raises:
        CheckpointError: The weights are missing, broken, not safetensors, or need the network.
    """
    place = pick_device(device)
    # The bar of one load is no use in a log.
    logging.disable_progress_bar()
    pipeline = _load_pipeline(checkpoint, place)
    pipeline.set_progress_bar_config(disable=True)
    return SdFamily(pipeline) if checkpoint.family == "sd" else StockFamily(pipeline)


def pick_device(device: str) -> str:
    """Resolve ``"auto"``; raises ``CheckpointError`` for a device that this torch does not have."""
    if device == "auto":
        accelerator = torch.accelerator.current_accelerator(check_available=True)
        return "cpu" if accelerator is None else str(accelerator)
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise CheckpointError(
            f"This machine has no device {device!r} that torch can use."
        ) from error
    return device


def _load_pipeline(checkpoint: Checkpoint, device: str) -> Any:
    source = str(WEIGHTS) if checkpoint.source == "embedded" else checkpoint.source
    # Half precision is slower than single on a CPU without AMX.
    dtype = torch.float32 if device == "cpu" else getattr(torch, checkpoint.dtype)
    try:
        pipeline = AutoPipelineForImage2Image.from_pretrained(
            source,
            revision=checkpoint.revision,
            variant=checkpoint.variant,
            dtype=dtype,
            use_safetensors=True,
            safety_checker=None,
            requires_safety_checker=False,
        )
        if checkpoint.tiny_vae is not None:
            pipeline.vae = AutoencoderTiny.from_pretrained(checkpoint.tiny_vae, dtype=dtype)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise CheckpointError(_why(checkpoint, source)) from error
    return pipeline.to(device, dtype)


def _why(checkpoint: Checkpoint, source: str) -> str:
    if Path(source).is_dir():
        return f"The folder of checkpoint {checkpoint.name!r} holds no whole safetensors weights."
    return (
        f"Checkpoint {checkpoint.name!r} ({source}) is not on this machine and could not be "
        "downloaded; check the name and the network, or choose `embedded`."
    )
