"""The noise of the embedded model: how much there is at each strength, and its scheduler."""

from typing import Any

import torch
from diffusers import DDIMScheduler
from torch import Tensor

LEVELS = 720
"""Divisible by every usual number of steps."""


def noise_ratio(part: Tensor) -> Tensor:
    """Noise to signal (σ/α) after ``part`` (0..1) of the levels: 0.2 s + 2.4 s⁷.

    Little noise up to strength 0.6, so that faces and edges are still there to be kept and no
    grain of it is left over; at 1.0 only the layout shows through.
    """
    return 0.2 * part + 2.4 * part**7


def signal_share() -> Tensor:
    """ᾱ of every level, lowest noise first: α² = 1 / (1 + (σ/α)²)."""
    parts = torch.arange(1, LEVELS + 1, dtype=torch.float64) / LEVELS
    return 1 / (1 + noise_ratio(parts) ** 2)


def style_share(part: Tensor) -> Tensor:
    """How much of a look a job of strength ``part`` reaches: none at 0.04, all from 0.5 on."""
    place = ((part - 0.04) / 0.46).clamp(0, 1)
    return place * place * (3 - 2 * place)


def new_scheduler() -> Any:
    """The DDIM scheduler of these levels, v-prediction, steps counted from the noisy end."""
    shares = signal_share()
    before = torch.cat([torch.ones(1, dtype=torch.float64), shares[:-1]])
    return DDIMScheduler(
        num_train_timesteps=LEVELS,
        trained_betas=(1 - shares / before).tolist(),
        prediction_type="v_prediction",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,
        timestep_spacing="trailing",
    )
