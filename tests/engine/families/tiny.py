"""Tiny checkpoints of the true classes with random weights, saved as diffusers saves them."""

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

WORDS = ("a", "an", "oil", "painting", "snow", "castle", "sea", "grey", "by", "the")


def clip_tokenizer(folder: Path, tokens: int = 24) -> CLIPTokenizer:
    """A tokenizer that knows single letters and few words."""
    letters = [chr(code) for code in range(33, 127)]
    known = [*letters, *(f"{letter}</w>" for letter in letters), *(f"{w}</w>" for w in WORDS)]
    entries = [*dict.fromkeys(known), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({word: at for at, word in enumerate(entries)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=tokens
    )


def clip_text(tokenizer: CLIPTokenizer, width: int = 32, **changes: Any) -> CLIPTextConfig:
    """The configuration of a text encoder that reads what ``tokenizer`` writes."""
    return CLIPTextConfig(
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=4,
        projection_dim=width,
        max_position_embeddings=tokenizer.model_max_length,
        vocab_size=len(tokenizer),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **changes,
    )


def kl_vae(channels: int = 4, **changes: Any) -> AutoencoderKL:
    """An autoencoder that halves width and height once and samples its latents."""
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        block_out_channels=(16, 16),
        norm_num_groups=8,
        latent_channels=channels,
        sample_size=32,
        **changes,
    )


def unet(width: int = 32, **changes: Any) -> UNet2DConditionModel:
    """A UNet of two levels."""
    arguments: dict[str, Any] = {
        "sample_size": 32,
        "block_out_channels": (16, 32),
        "layers_per_block": 1,
        "cross_attention_dim": width,
        "attention_head_dim": 4,
        "norm_num_groups": 8,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    }
    return UNet2DConditionModel(**(arguments | changes))


def noise_schedule(**changes: Any) -> DDIMScheduler:
    """The schedule of Stable Diffusion."""
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        **changes,
    )


def save_sd(folder: Path, **unet_changes: Any) -> Path:
    """Stable Diffusion 1.x: a four-channel UNet, one text encoder, a KL autoencoder."""
    torch.manual_seed(0)
    tokenizer = clip_tokenizer(folder / "words")
    pipeline = StableDiffusionPipeline(
        vae=kl_vae(),
        text_encoder=CLIPTextModel(clip_text(tokenizer)),
        tokenizer=tokenizer,
        unet=unet(**unet_changes),
        scheduler=noise_schedule(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder / "weights", safe_serialization=True)
    return folder / "weights"
