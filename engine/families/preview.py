"""A picture's look while it is made, without the cost of decoding it.

Latents of a VAE are nearly a picture already: three weighted sums over their channels give its
colours. The weights are fitted to the checkpoint's own VAE when it is loaded, by least squares, on
a picture of soft random colours that it encodes.
"""

import numpy as np
import torch
from PIL import Image

from engine.encoding import PREVIEW_SIDE
from engine.families.autoencoder import Autoencoder

FIT_SIDE = 256
PATCHES = 16


class Previewer:
    """Makes small pictures of latents: by a tiny VAE where there is one, else by fitted colours."""

    def __init__(self, autoencoder: Autoencoder) -> None:
        self._autoencoder = autoencoder
        self._colours = None if autoencoder.tiny else fit_colours(autoencoder)

    def picture(self, latents: torch.Tensor) -> Image.Image:
        """RGB, at least as many pixels as latents; ``latents`` are (1, channels, height, width)."""
        if self._colours is None:
            return self._autoencoder.decode(latents)
        small = coloured(latents, self._colours)
        scale = PREVIEW_SIDE / max(small.size)
        if scale <= 1:
            return small
        size = (round(small.width * scale), round(small.height * scale))
        return small.resize(size, Image.Resampling.BICUBIC)


def fit_colours(autoencoder: Autoencoder) -> torch.Tensor:
    """(channels + 1, 3) weights from latents, and a constant, to RGB of 0 to 1."""
    image = soft_colours()
    with torch.inference_mode():
        latents = autoencoder.encode(image, torch.Generator("cpu").manual_seed(0))
    _, _, height, width = latents.shape
    small = image.resize((width, height), Image.Resampling.BOX)
    wanted = torch.from_numpy(np.asarray(small, np.float32) / 255).reshape(-1, 3)
    colours: torch.Tensor = torch.linalg.lstsq(_points(latents), wanted).solution
    return colours


def coloured(latents: torch.Tensor, colours: torch.Tensor) -> Image.Image:
    """The RGB picture that weights of ``fit_colours`` give, one pixel for each latent."""
    _, _, height, width = latents.shape
    values = (_points(latents) @ colours).clamp(0, 1).mul(255).round().to(torch.uint8)
    return Image.fromarray(values.reshape(height, width, 3).numpy())


def soft_colours() -> Image.Image:
    """Patches of random colours that run into each other, always the same."""
    patches = np.random.default_rng(0).integers(0, 256, (PATCHES, PATCHES, 3), np.uint8)
    return Image.fromarray(patches).resize((FIT_SIDE, FIT_SIDE), Image.Resampling.BICUBIC)


def _points(latents: torch.Tensor) -> torch.Tensor:
    """(height · width, channels + 1), the last column ones, on the CPU."""
    flat = latents[0].detach().to("cpu", torch.float32).flatten(1).T
    return torch.cat([flat, torch.ones(len(flat), 1)], dim=1)
