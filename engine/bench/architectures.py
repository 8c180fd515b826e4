"""Models of the true architectures with random weights, and tiny ones of the same classes.

The configurations are those in the ``config.json`` files of the published checkpoints; their
weights are of no use to a clock. The tiny ones are for quick runs, which show that a benchmark
works.
"""

from typing import Any, Literal

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    DDIMScheduler,
    EulerDiscreteScheduler,
    StableDiffusionImg2ImgPipeline,
    UNet2DConditionModel,
)
from transformers import AutoTokenizer, CLIPTextConfig, CLIPTextModel

from engine.embedded import WEIGHTS

Name = Literal["sd15", "sd-turbo"]
Autoencoder = Literal["kl", "tiny"]

SD15_UNET: dict[str, Any] = {
    "sample_size": 64,
    "in_channels": 4,
    "out_channels": 4,
    "down_block_types": (*("CrossAttnDownBlock2D",) * 3, "DownBlock2D"),
    "up_block_types": ("UpBlock2D", *("CrossAttnUpBlock2D",) * 3),
    "block_out_channels": (320, 640, 1280, 1280),
    "layers_per_block": 2,
    "cross_attention_dim": 768,
    "attention_head_dim": 8,
}
# SD-Turbo is distilled from Stable Diffusion 2.1 and keeps its form.
SD_TURBO_UNET: dict[str, Any] = SD15_UNET | {
    "cross_attention_dim": 1024,
    "attention_head_dim": (5, 10, 20, 20),
    "use_linear_projection": True,
}
TINY_UNET: dict[str, Any] = SD15_UNET | {
    "sample_size": 8,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "block_out_channels": (32, 64),
    "layers_per_block": 1,
    "cross_attention_dim": 32,
}
KL_VAE: dict[str, Any] = {
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "block_out_channels": (128, 256, 512, 512),
    "layers_per_block": 2,
    "latent_channels": 4,
    "sample_size": 512,
    "scaling_factor": 0.18215,
}
SMALL_KL_VAE: dict[str, Any] = KL_VAE | {
    "block_out_channels": (32, 32, 32, 32),
    "layers_per_block": 1,
}
# CLIP ViT-L/14, and OpenCLIP ViT-H/14 less its last layer.
SD15_TEXT: dict[str, Any] = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
}
SD_TURBO_TEXT: dict[str, Any] = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 23,
    "num_attention_heads": 16,
    "hidden_act": "gelu",
}
TINY_TEXT: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}
TEXT_TOKENS = 77
VOCABULARY = 49408


def pipeline(name: Name, *, autoencoder: Autoencoder = "kl", quick: bool = False) -> Any:
    """A ``StableDiffusionImg2ImgPipeline`` on the CPU with random weights, always the same ones."""
    torch.manual_seed(0)
    unet = {"sd15": SD15_UNET, "sd-turbo": SD_TURBO_UNET}[name]
    text = {"sd15": SD15_TEXT, "sd-turbo": SD_TURBO_TEXT}[name]
    # The tokenizer that ships, told to be as long as theirs: its words are fewer than their table.
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS / "tokenizer", model_max_length=TEXT_TOKENS)
    loaded = StableDiffusionImg2ImgPipeline(
        vae=_autoencoder(autoencoder, quick).eval(),
        text_encoder=CLIPTextModel(_text_config(TINY_TEXT if quick else text, tokenizer)).eval(),
        tokenizer=tokenizer,
        unet=UNet2DConditionModel(**(TINY_UNET if quick else unet)).eval(),
        scheduler=_scheduler(name),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    loaded.set_progress_bar_config(disable=True)
    return loaded


def _text_config(values: dict[str, Any], tokenizer: Any) -> CLIPTextConfig:
    return CLIPTextConfig(
        **values,
        vocab_size=VOCABULARY,
        max_position_embeddings=TEXT_TOKENS,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _autoencoder(kind: Autoencoder, quick: bool) -> Any:
    # The defaults of AutoencoderTiny are TAESD itself, which is small enough for quick runs.
    return (
        AutoencoderTiny() if kind == "tiny" else AutoencoderKL(**SMALL_KL_VAE if quick else KL_VAE)
    )


def _scheduler(name: Name) -> Any:
    schedule = {
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "beta_schedule": "scaled_linear",
        "steps_offset": 1,
    }
    if name == "sd-turbo":
        return EulerDiscreteScheduler(**schedule, timestep_spacing="trailing")
    return DDIMScheduler(**schedule, clip_sample=False, set_alpha_to_one=False)
