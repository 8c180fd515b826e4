"""The samplers that a job may name, made from a checkpoint's own scheduler configuration."""

from typing import Any

import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LCMScheduler,
    PNDMScheduler,
    UniPCMultistepScheduler,
)

_CLASSES: dict[str, Any] = {
    "ddim": DDIMScheduler,
    "euler": EulerDiscreteScheduler,
    "euler_ancestral": EulerAncestralDiscreteScheduler,
    "lcm": LCMScheduler,
    "dpmpp_2m": DPMSolverMultistepScheduler,
    "unipc": UniPCMultistepScheduler,
    "pndm": PNDMScheduler,
}


def scheduler_for(name: str | None, default: Any) -> Any:
    """A scheduler of its own for one job: samplers keep state between steps.

    Args:
        name: One of ``engine.checkpoints.SCHEDULERS``, or None for the checkpoint's own class.
        default: The checkpoint's scheduler, whose noise schedule and prediction type are kept.
    """
    cls = type(default) if name is None else _CLASSES[name]
    return cls.from_config(default.config)


def noised(
    scheduler: Any, clean: torch.Tensor, noise: torch.Tensor, timestep: torch.Tensor
) -> torch.Tensor:
    """Latents as noisy as ``timestep``, shape (1,), expects them."""
    if hasattr(scheduler, "scale_noise"):
        return scheduler.scale_noise(clean, timestep, noise)  # type: ignore[no-any-return]  # diffusers has no types
    return scheduler.add_noise(clean, noise, timestep)  # type: ignore[no-any-return]  # diffusers has no types
