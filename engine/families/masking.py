"""Masked jobs: after each step, what the mask keeps is put back into the row's latents."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image


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

        The blend of ``StableDiffusionInpaintPipeline`` for UNets that know nothing of masks.
        """
        source = self.clean
        if len(timesteps_left):
            source = scheduler.add_noise(source, self.noise, timesteps_left[:1])
        return (1 - self.mask) * source + self.mask * latents


def latent_mask(mask: Image.Image, factor: int) -> torch.Tensor:
    """A mask of pixels as one of latents, shape (1, 1, height / factor, width / factor), 0 or 1."""
    pixels = torch.from_numpy(np.asarray(mask, np.float32) / 255)[None, None]
    binary = (pixels >= 0.5).to(torch.float32)
    size = (mask.height // factor, mask.width // factor)
    return torch.nn.functional.interpolate(binary, size=size)
