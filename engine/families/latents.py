"""Latents as bytes, so that a later job can start where an earlier one ended."""

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

_NAME = "latents"


def pack(latents: torch.Tensor) -> bytes:
    """Safetensors bytes of one row's latents, shape (1, channels, height, width), as float32."""
    return bytes(save({_NAME: latents.detach().to("cpu", torch.float32).contiguous()}))


def unpack(data: bytes, shape: tuple[int, ...]) -> torch.Tensor | None:
    """The latents, or None where they are of another checkpoint's shape or not readable."""
    try:
        latents: torch.Tensor | None = load(data).get(_NAME)
    except SafetensorError:
        return None
    if latents is None or tuple(latents.shape) != shape or not bool(latents.isfinite().all()):
        return None
    return latents
