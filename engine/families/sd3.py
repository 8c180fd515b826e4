"""Stable Diffusion 3 and 3.5: a transformer, flow matching, up to three text encoders."""

from collections.abc import Mapping
from typing import Any

import torch

from engine.families.adapter import Conditions, Embedding
from engine.families.flow import shift_of
from engine.families.prompts import token_count
from engine.params import RestyleParams

MAX_SEQUENCE_LENGTH = 256


class Sd3Adapter:
    """``StableDiffusion3Pipeline`` and its Img2Img and Inpaint kin."""

    def __init__(self, pipeline: Any) -> None:
        self.pipeline = pipeline
        self.denoiser = pipeline.transformer

    def latent_shape(self, width: int, height: int) -> tuple[int, int, int, int]:
        """See ``Adapter``."""
        factor = self.pipeline.vae_scale_factor
        return 1, self.denoiser.config.in_channels, height // factor, width // factor

    def embed(self, prompt: str) -> Embedding:
        """See ``Adapter``: (1, tokens, width) and the pooled (1, width)."""
        pipe = self.pipeline
        embeds, _, pooled, _ = pipe.encode_prompt(
            prompt,
            None,
            None,
            device=pipe._execution_device,
            do_classifier_free_guidance=False,
            max_sequence_length=MAX_SEQUENCE_LENGTH,
        )
        return Embedding(
            conditions={"encoder_hidden_states": embeds, "pooled_projections": pooled},
            cut=self._cuts(prompt),
        )

    def guided(self, guidance_scale: float) -> bool:
        """See ``Adapter``."""
        return guidance_scale > 1.0

    def conditions(self, params: RestyleParams, embedding: Embedding) -> Conditions:
        """See ``Adapter``; nothing is added to the prompt."""
        return embedding.conditions

    def set_timesteps(self, scheduler: Any, params: RestyleParams) -> None:
        """See ``Adapter``."""
        shift = {}
        if scheduler.config.get("use_dynamic_shifting", None):
            side = self.pipeline.vae_scale_factor * self.denoiser.config.patch_size
            tokens = (params.height // side) * (params.width // side)
            shift = {"mu": shift_of(scheduler, tokens, max_shift=1.16)}
        scheduler.set_timesteps(
            params.num_inference_steps, device=self.pipeline._execution_device, **shift
        )

    def denoise(
        self, samples: torch.Tensor, times: torch.Tensor, conditions: Mapping[str, torch.Tensor]
    ) -> torch.Tensor:
        """See ``Adapter``."""
        return self.denoiser(  # type: ignore[no-any-return]  # diffusers has no types
            hidden_states=samples, timestep=times, **conditions, return_dict=False
        )[0]

    def _cuts(self, prompt: str) -> bool:
        """T5 reads further than the others, where it is there."""
        pipe = self.pipeline
        if pipe.text_encoder_3 is not None:
            return token_count(pipe.tokenizer_3, prompt) > MAX_SEQUENCE_LENGTH
        return token_count(pipe.tokenizer, prompt) > int(pipe.tokenizer.model_max_length)
