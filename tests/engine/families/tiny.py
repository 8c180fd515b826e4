"""Tiny checkpoints of the true classes with random weights, saved as diffusers saves them."""

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

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


def save_sdxl(folder: Path, **unet_changes: Any) -> Path:
    """Stable Diffusion XL: two text encoders, and a UNet that is told pooled prompt and size."""
    torch.manual_seed(0)
    tokenizer = clip_tokenizer(folder / "words")
    first = clip_text(tokenizer, hidden_act="gelu")
    added = {
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 8,
        "projection_class_embeddings_input_dim": 6 * 8 + 32,
    }
    pipeline = StableDiffusionXLPipeline(
        vae=kl_vae(force_upcast=False),
        text_encoder=CLIPTextModel(first),
        text_encoder_2=CLIPTextModelWithProjection(first),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=unet(64, **(added | unet_changes)),
        scheduler=noise_schedule(),
        add_watermarker=False,
    )
    pipeline.save_pretrained(folder / "weights", safe_serialization=True)
    return folder / "weights"


def t5(width: int) -> tuple[T5EncoderModel, T5Tokenizer]:
    """A T5 that knows single letters."""
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [(chr(code), -2.0) for code in range(33, 127)] + [("▁", -1.0)]
    config = T5Config(
        vocab_size=len(pieces), d_model=width, d_kv=8, d_ff=32, num_layers=2, num_heads=4
    )
    return T5EncoderModel(config), T5Tokenizer(vocab=pieces, extra_ids=0)


def save_flux(
    folder: Path, *, guidance_embeds: bool = True, pipeline_class: Any = FluxPipeline
) -> Path:
    """FLUX.1 with the guidance embedding of its dev variant, or a pipeline of the same parts."""
    torch.manual_seed(0)
    tokenizer = clip_tokenizer(folder / "words")
    second, second_tokenizer = t5(32)
    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        guidance_embeds=guidance_embeds,
        axes_dims_rope=(4, 4, 8),
    )
    pipeline = pipeline_class(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
        vae=kl_vae(4, shift_factor=0.1, scaling_factor=0.36, use_quant_conv=False),
        text_encoder=CLIPTextModel(clip_text(tokenizer)),
        tokenizer=tokenizer,
        text_encoder_2=second,
        tokenizer_2=second_tokenizer,
        transformer=transformer,
    )
    pipeline.save_pretrained(folder / "weights", safe_serialization=True)
    return folder / "weights"


def save_sd3(folder: Path) -> Path:
    """Stable Diffusion 3 with all its text encoders."""
    torch.manual_seed(0)
    tokenizer = clip_tokenizer(folder / "words")
    third, third_tokenizer = t5(64)
    transformer = SD3Transformer2DModel(
        sample_size=32,
        patch_size=1,
        in_channels=16,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=4,
        joint_attention_dim=64,
        caption_projection_dim=32,
        pooled_projection_dim=64,
        out_channels=16,
        pos_embed_max_size=64,
    )
    pipeline = StableDiffusion3Pipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=kl_vae(16, shift_factor=0.06, scaling_factor=1.5, use_quant_conv=False),
        text_encoder=CLIPTextModelWithProjection(clip_text(tokenizer)),
        tokenizer=tokenizer,
        text_encoder_2=CLIPTextModelWithProjection(clip_text(tokenizer)),
        tokenizer_2=tokenizer,
        text_encoder_3=third,
        tokenizer_3=third_tokenizer,
    )
    pipeline.save_pretrained(folder / "weights", safe_serialization=True)
    return folder / "weights"
