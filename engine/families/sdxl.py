"""Stable Diffusion XL, with turbo and Lightning: two text encoders, and conditions of its own."""

from collections.abc import Mapping
from typing import Any

import torch

from engine.errors import CheckpointError
from engine.families.adapter import Conditions, Embedding
from engine.families.prompts import token_count
from engine.families.sd import SdAdapter
from engine.params import RestyleParams


class SdxlAdapter(SdAdapter):
    """``StableDiffusionXLPipeline`` and its Img2Img and Inpaint kin.

    The UNet is also told the pooled prompt and the size of the picture.
    """

    def __init__(self, pipeline: Any) -> None:
        super().__init__(pipeline)
        if pipeline.config.requires_aesthetics_score:
            raise CheckpointError("A refiner of Stable Diffusion XL cannot be run by itself.")

    def embed(self, prompt: str) -> Embedding:
        """See ``Adapter``: (1, tokens, width) and the pooled (1, width)."""
        pipe = self.pipeline
        embeds, _, pooled, _ = pipe.encode_prompt(
            prompt,
            device=pipe._execution_device,
            num_images_per_prompt=1,
            do_classifier_free_guidance=False,
        )
        if not prompt and pipe.config.force_zeros_for_empty_prompt:
            embeds, pooled = torch.zeros_like(embeds), torch.zeros_like(pooled)
        tokenizers = [one for one in (pipe.tokenizer, pipe.tokenizer_2) if one is not None]
        return Embedding(
            conditions={"encoder_hidden_states": embeds, "text_embeds": pooled},
            cut=any(token_count(one, prompt) > one.model_max_length for one in tokenizers),
        )

    def conditions(self, params: RestyleParams, embedding: Embedding) -> Conditions:
        """See ``Adapter``; the sizes are those that a job's own width and height stand for."""
        size = (params.height, params.width)
        pooled = embedding.conditions["text_embeds"]
        second = self.pipeline.text_encoder_2
        times, _ = self.pipeline._get_add_time_ids(
            size,
            (0, 0),
            size,
            # Scores of the refiner, which alone looks at them; the pipeline's defaults.
            6.0,
            2.5,
            size,
            (0, 0),
            size,
            dtype=pooled.dtype,
            text_encoder_projection_dim=int(
                pooled.shape[-1] if second is None else second.config.projection_dim
            ),
        )
        return super().conditions(params, embedding) | {"time_ids": times.to(pooled.device)}

    def denoise(
        self, samples: torch.Tensor, times: torch.Tensor, conditions: Mapping[str, torch.Tensor]
    ) -> torch.Tensor:
        """See ``Adapter``."""
        told = dict(conditions)
        added = {name: told.pop(name) for name in ("text_embeds", "time_ids")}
        return self.denoiser(  # type: ignore[no-any-return]  # diffusers has no types
            samples, times, **told, added_cond_kwargs=added, return_dict=False
        )[0]
