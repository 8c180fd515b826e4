"""The samplers that a job may name, made from a checkpoint's own scheduler configuration."""

from typing import Any

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
