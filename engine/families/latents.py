"""Latents as bytes, so that a later job can start where an earlier one ended."""

import hashlib
import json

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

_NAME = "latents"
_SPACE = "space"
_HEADER_LENGTH_BYTES = 8


def space_of(vae: torch.nn.Module) -> str:
    """What tells a VAE from others: latents of one mean nothing to another."""
    digest = hashlib.sha256()
    tensors = list(vae.state_dict().values())
    for tensor in (tensors[0], tensors[-1]):
        digest.update(tensor.detach().to("cpu", torch.float16).numpy().tobytes())
    return digest.hexdigest()[:16]


def pack(latents: torch.Tensor, space: str) -> bytes:
    """Safetensors bytes of one row's latents, shape (1, channels, height, width), as float32."""
    values = latents.detach().to("cpu", torch.float32).contiguous()
    return bytes(save({_NAME: values}, metadata={_SPACE: space}))


def unpack(data: bytes, shape: tuple[int, ...], space: str) -> torch.Tensor | None:
    """The latents, or None where they are of another shape or VAE, or not readable."""
    try:
        latents: torch.Tensor | None = load(data).get(_NAME)
    except SafetensorError:
        return None
    if latents is None or tuple(latents.shape) != shape or not bool(latents.isfinite().all()):
        return None
    return latents if _space_in(data) == space else None


def _space_in(data: bytes) -> str | None:
    # The library reads metadata from files only; the form is a length, then JSON.
    length = int.from_bytes(data[:_HEADER_LENGTH_BYTES], "little")
    header = json.loads(data[_HEADER_LENGTH_BYTES : _HEADER_LENGTH_BYTES + length])
    space: str | None = header.get("__metadata__", {}).get(_SPACE)
    return space
