"""FLUX.1: a transformer on packed latents, flow matching, and guidance that it is told."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from engine.families.adapter import Conditions, Embedding
from engine.families.flow import shift_of
from engine.families.prompts import token_count
from engine.params import RestyleParams

MAX_SEQUENCE_LENGTH = 512


class FluxAdapter:
    """``FluxPipeline`` and its Img2Img and Inpaint kin.

    Rows keep their latents as (1, channels, height, width) and are packed for the transformer only:
    scheduler steps and masks work value by value, so that the order of values is all the same.
    """

    def __init__(self, pipeline: Any) -> None:
        self.pipeline = pipeline
        self.denoiser = pipeline.transformer

    def latent_shape(self, width: int, height: int) -> tuple[int, int, int, int]:
        """See ``Adapter``; two by two latents are one token."""
        factor = 2 * self.pipeline.vae_scale_factor
        channels = self.denoiser.config.in_channels // 4
        return 1, channels, 2 * (height // factor), 2 * (width // factor)

    def embed(self, prompt: str) -> Embedding:
        """See ``Adapter``: T5's (1, tokens, width) and CLIP's pooled (1, width)."""
        pipe = self.pipeline
        embeds, pooled, _ = pipe.encode_prompt(
            prompt,
            device=pipe._execution_device,
            num_images_per_prompt=1,
            max_sequence_length=MAX_SEQUENCE_LENGTH,
        )
        return Embedding(
            conditions={"encoder_hidden_states": embeds, "pooled_projections": pooled},
            cut=token_count(pipe.tokenizer_2, prompt) > MAX_SEQUENCE_LENGTH,
        )

    def guided(self, guidance_scale: float) -> bool:
        """Never: it is told the guidance."""
        return False

    def conditions(self, params: RestyleParams, embedding: Embedding) -> Conditions:
        """See ``Adapter``."""
        if not self.denoiser.config.guidance_embeds:
            return embedding.conditions
        device = self.pipeline._execution_device
        scale = torch.full([1], params.guidance_scale or 0.0, device=device, dtype=torch.float32)
        return embedding.conditions | {"guidance": scale}

    def set_timesteps(self, scheduler: Any, params: RestyleParams) -> None:
        """See ``Adapter``."""
        _, _, height, width = self.latent_shape(params.width, params.height)
        steps = params.num_inference_steps or 1
        scheduler.set_timesteps(
            sigmas=np.linspace(1.0, 1 / steps, steps),
            device=self.pipeline._execution_device,
            mu=shift_of(scheduler, (height // 2) * (width // 2)),
        )

    def denoise(
        self, samples: torch.Tensor, times: torch.Tensor, conditions: Mapping[str, torch.Tensor]
    ) -> torch.Tensor:
        """See ``Adapter``."""
        pipe, (rows, channels, height, width) = self.pipeline, samples.shape
        device, dtype = samples.device, samples.dtype
        embeds = conditions["encoder_hidden_states"]
        packed = self.denoiser(
            hidden_states=pipe._pack_latents(samples, rows, channels, height, width),
            timestep=times.to(dtype) / 1000,
            txt_ids=torch.zeros(embeds.shape[1], 3, device=device, dtype=embeds.dtype),
            img_ids=pipe._prepare_latent_image_ids(rows, height // 2, width // 2, device, dtype),
            **conditions,
            return_dict=False,
        )[0]
        return _unpacked(packed, height, width)


def _unpacked(tokens: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """(rows, height/2 · width/2, 4 · channels) as (rows, channels, height, width)."""
    rows, _, values = tokens.shape
    blocks = tokens.view(rows, height // 2, width // 2, values // 4, 2, 2)
    return blocks.permute(0, 3, 1, 4, 2, 5).reshape(rows, values // 4, height, width)
