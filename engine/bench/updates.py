"""Eight rows of noise on their way through schedules of their own, without a denoiser."""

from dataclasses import dataclass, field
from typing import Any

import torch
from diffusers import DDIMScheduler

from engine.acceleration.updates import Updates
from engine.families.schedulers import scheduler_for

ROWS = 8
STEPS = 100
SAMPLERS = ("ddim", "euler", "euler_ancestral", "lcm")


@dataclass(slots=True)
class NoiseRow:
    """A row of 64 × 64 latents."""

    scheduler: Any
    timesteps: torch.Tensor
    latents: torch.Tensor
    step_kwargs: dict[str, Any]
    step: int = field(default=0)


class Walk:
    """Rows of mixed samplers that are moved on by ``updates``, one step a call."""

    def __init__(self, updates: Updates) -> None:
        self._updates = updates
        self._rows = [_row(at) for at in range(ROWS)]
        self._outputs = [torch.randn(1, 4, 64, 64) for _ in self._rows]

    def step(self) -> None:
        """Move each row on, back to the start after the last step."""
        for row, latents in zip(
            self._rows, self._updates.apply(self._rows, self._outputs), strict=True
        ):
            row.latents = latents.clamp(-9, 9)
            row.step += 1
        if self._rows[0].step >= STEPS // 2:
            self._rows = [_row(at) for at in range(ROWS)]


def _row(at: int) -> NoiseRow:
    name = SAMPLERS[at % len(SAMPLERS)]
    scheduler = scheduler_for(name, DDIMScheduler(clip_sample=False, steps_offset=1))
    scheduler.set_timesteps(STEPS // 2)
    generator = torch.Generator("cpu").manual_seed(at)
    latents = torch.randn(1, 4, 64, 64, generator=generator)
    if hasattr(scheduler, "scale_model_input"):
        scheduler.scale_model_input(latents, scheduler.timesteps[0])
    kwargs = {"generator": generator} if name in ("euler_ancestral", "lcm") else {}
    return NoiseRow(scheduler, scheduler.timesteps, latents, kwargs)
