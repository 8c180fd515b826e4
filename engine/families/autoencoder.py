"""Pictures to latents and back, whichever autoencoder a checkpoint has."""

from typing import Any

import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_img2img import retrieve_latents
from PIL import Image


class Autoencoder:
    """A VAE with the scaling that its pipelines apply.

    Args:
        vae: ``AutoencoderKL``, whose latents are sampled, or ``AutoencoderTiny``, whose are not.
        processor: The pipeline's ``VaeImageProcessor``.
        dtype: Precision of the latents.
    """

    def __init__(self, vae: Any, processor: Any, *, device: Any, dtype: torch.dtype) -> None:
        self.vae = vae
        self._processor = processor
        self._device = device
        self._dtype = dtype
        if dtype == torch.float16 and getattr(vae.config, "force_upcast", False):
            # It overflows in float16. Pipelines cast it to and fro for each picture.
            vae.to(torch.float32)

    @property
    def tiny(self) -> bool:
        """Whether a decode costs less than a step."""
        return type(self.vae).__name__ == "AutoencoderTiny"

    def encode(self, image: Image.Image, generator: torch.Generator) -> torch.Tensor:
        """Latents of an RGB picture, (1, channels, height, width); a KL one draws one sample."""
        pixels = self._processor.preprocess(image).to(self._device, self._dtype)
        encoded = retrieve_latents(self.vae.encode(pixels.to(self.vae.dtype)), generator=generator)
        latents: torch.Tensor = encoded.to(self._dtype)
        scale, shift, mean, std = self._scaling()
        if mean is not None and std is not None:
            return (latents - mean) * scale / std
        return (latents - shift) * scale if shift else scale * latents

    def decode(self, latents: torch.Tensor) -> Image.Image:
        """The RGB picture of latents, (1, channels, height, width)."""
        scale, shift, mean, std = self._scaling()
        if mean is not None and std is not None:
            unscaled = latents * std / scale + mean
        else:
            unscaled = latents / scale + shift
        pixels = self.vae.decode(unscaled.to(self.vae.dtype), return_dict=False)[0]
        image: Image.Image = self._processor.postprocess(pixels, output_type="pil")[0]
        return image

    def _scaling(self) -> tuple[float, float, torch.Tensor | None, torch.Tensor | None]:
        config = self.vae.config
        mean, std = (
            None
            if getattr(config, name, None) is None
            else torch.tensor(config[name]).view(1, -1, 1, 1).to(self._device, self._dtype)
            for name in ("latents_mean", "latents_std")
        )
        return config.scaling_factor, getattr(config, "shift_factor", None) or 0.0, mean, std
