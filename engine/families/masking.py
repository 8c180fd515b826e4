"""Masked jobs: after each step, what the mask keeps is put back into the row's latents."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from engine.families.schedulers import noised


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a masked row must not change. All three are of the latents' height and width.

    Attributes:
        mask: 1 where the picture is painted again, 0 where it is kept; one channel.
        clean: The source's latents without noise.
        noise: The noise of the row's first step.
    """

    mask: torch.Tensor
    clean: torch.Tensor
    noise: torch.Tensor

    def put_back(
        self, latents: torch.Tensor, scheduler: Any, timesteps_left: torch.Tensor
    ) -> torch.Tensor:
        """Latents whose kept part is the source's, as noisy as the next step expects it.

        The blend of ``StableDiffusionInpaintPipeline`` for denoisers that know nothing of masks.
        """
        source = self.clean
        if len(timesteps_left):
            source = noised(scheduler, source, self.noise, timesteps_left[:1])
        return (1 - self.mask) * source + self.mask * latents


def latent_mask(mask: Image.Image, size: tuple[int, int]) -> torch.Tensor:
    """A mask of pixels at the latents' ``size``, as (1, 1, height, width) of 0 and 1."""
    pixels = torch.from_numpy(np.asarray(mask, np.float32) / 255)[None, None]
    binary = (pixels >= 0.5).to(torch.float32)
    return torch.nn.functional.interpolate(binary, size=size)
