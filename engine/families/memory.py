"""Memory: what is traded for it, and what a device that is too small for the weights does."""

from collections.abc import Callable
from typing import Any, Literal

import torch

# Of the device's free memory, what the weights may take so that rows still have room.
WEIGHTS_SHARE = 0.8

Placement = Literal["device", "model_offload", "sequential_offload"]


class Savings:
    """Ways to need less memory for more time, switched on one after another as it runs out."""

    def __init__(self, vae: Any, denoiser: Any) -> None:
        ways = [(vae, "enable_tiling"), (denoiser, "set_attention_slice")]
        self._left: list[Callable[..., Any]] = [
            getattr(model, way) for model, way in ways if hasattr(model, way)
        ]

    def next(self) -> bool:
        """Switch the next one on; False when there is none left."""
        if not self._left:
            return False
        way = self._left.pop(0)
        if way.__name__ == "set_attention_slice":
            way("auto")
        else:
            way()
        return True


def placement(component_bytes: list[int], free_bytes: int) -> Placement:
    """Where the weights live, by what the components take and what the device has free.

    All of them on the device if they fit; else each is moved there while it works, if the largest
    fits; else each layer is, which is slow and always fits.
    """
    room = WEIGHTS_SHARE * free_bytes
    if sum(component_bytes) <= room:
        return "device"
    return "model_offload" if max(component_bytes) <= room else "sequential_offload"


def weight_bytes(model: torch.nn.Module) -> int:
    """Bytes of a model's parameters and buffers."""
    tensors = [*model.parameters(), *model.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def free_bytes(device: str) -> int | None:
    """Memory that the device has left; None where it cannot be told, as on a CPU."""
    if device == "cpu" or not torch.accelerator.is_available():
        return None
    free, _total = torch.accelerator.get_memory_info(torch.device(device))
    return int(free)


def place(pipeline: Any, device: str) -> Any:
    """The pipeline with its weights where they fit best."""
    free = free_bytes(device)
    models = [one for one in pipeline.components.values() if isinstance(one, torch.nn.Module)]
    where = "device" if free is None else placement([weight_bytes(m) for m in models], free)
    match where:
        case "device":
            return pipeline.to(device)
        case "model_offload":
            pipeline.enable_model_cpu_offload(device=device)
        case "sequential_offload":
            pipeline.enable_sequential_cpu_offload(device=device)
    return pipeline
