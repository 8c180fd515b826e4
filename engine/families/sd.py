"""Stable Diffusion 1.x and 2.x, with turbo and LCM: a UNet and one CLIP text encoder."""

from collections.abc import Mapping
from typing import Any

import torch

from engine.families.adapter import Conditions, Embedding
from engine.families.prompts import token_count
from engine.params import RestyleParams


class SdAdapter:
    """``StableDiffusionPipeline`` and its Img2Img and Inpaint kin."""

    def __init__(self, pipeline: Any) -> None:
        self.pipeline = pipeline
        self.denoiser = pipeline.unet

    def latent_shape(self, width: int, height: int) -> tuple[int, int, int, int]:
        """See ``Adapter``."""
        factor = self.pipeline.vae_scale_factor
        return 1, self.denoiser.config.in_channels, height // factor, width // factor

    def embed(self, prompt: str) -> Embedding:
        """See ``Adapter``: (1, tokens, width)."""
        pipe = self.pipeline
        embeds, _ = pipe.encode_prompt(
            prompt,
            pipe._execution_device,
            num_images_per_prompt=1,
            do_classifier_free_guidance=False,
        )
        return Embedding(
            conditions={"encoder_hidden_states": embeds},
            cut=token_count(pipe.tokenizer, prompt) > pipe.tokenizer.model_max_length,
        )

    def guided(self, guidance_scale: float) -> bool:
        """LCM UNets are told the guidance and need no second row."""
        return guidance_scale > 1.0 and self.denoiser.config.time_cond_proj_dim is None

    def conditions(self, params: RestyleParams, embedding: Embedding) -> Conditions:
        """See ``Adapter``."""
        width = self.denoiser.config.time_cond_proj_dim
        if width is None:
            return embedding.conditions
        scale = torch.tensor((params.guidance_scale or 0.0) - 1).repeat(1)
        told = self.pipeline.get_guidance_scale_embedding(scale, embedding_dim=width)
        told = told.to(self.pipeline._execution_device, self.denoiser.dtype)
        return embedding.conditions | {"timestep_cond": told}

    def set_timesteps(self, scheduler: Any, params: RestyleParams) -> None:
        """See ``Adapter``."""
        scheduler.set_timesteps(params.num_inference_steps, device=self.pipeline._execution_device)

    def denoise(
        self, samples: torch.Tensor, times: torch.Tensor, conditions: Mapping[str, torch.Tensor]
    ) -> torch.Tensor:
        """See ``Adapter``."""
        return self.denoiser(samples, times, **conditions, return_dict=False)[0]  # type: ignore[no-any-return]  # diffusers has no types
