"""Applies the options of a checkpoint's row to its loaded pipeline."""

from typing import Any

import torch

from engine.acceleration.compiling import compile_in_buckets
from engine.acceleration.moments import remember_sources
from engine.acceleration.quantizing import quantize
from engine.checkpoints import Checkpoint
from engine.errors import CheckpointError


def accelerate(pipeline: Any, checkpoint: Checkpoint) -> None:
    """Change ``pipeline``, which is on its device, as the row says.

    Raises:
        CheckpointError: The row asks for what this machine or pipeline cannot do.
    """
    if checkpoint.source_cache:
        remember_sources(pipeline.vae, checkpoint.source_cache)
    denoiser = denoiser_of(pipeline)
    if checkpoint.channels_last:
        denoiser.to(memory_format=torch.channels_last)
        pipeline.vae.to(memory_format=torch.channels_last)
    if checkpoint.quantization is not None:
        quantize(denoiser, checkpoint.quantization)
    if checkpoint.backend != "torch":
        _use_openvino(pipeline, checkpoint)
    elif checkpoint.compile:
        compile_in_buckets(denoiser)


def denoiser_of(pipeline: Any) -> Any:
    """The pipeline's UNet or transformer."""
    unet = getattr(pipeline, "unet", None)
    return pipeline.transformer if unet is None else unet


def _use_openvino(pipeline: Any, checkpoint: Checkpoint) -> None:
    # It takes seconds to import, and few installations have it.
    from engine.acceleration.openvino import run_on_openvino

    if checkpoint.compile or checkpoint.quantization is not None:
        raise CheckpointError(
            f"Checkpoint {checkpoint.name!r}: backend {checkpoint.backend!r} goes with neither "
            "compile nor quantization."
        )
    run_on_openvino(pipeline, checkpoint.backend)
