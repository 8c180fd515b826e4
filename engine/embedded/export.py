"""Writing a trained model as a diffusers folder, and reading it back."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderTiny, StableDiffusionImg2ImgPipeline, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from engine.embedded.autoencoder import SCALING
from engine.embedded.latents import BLOCK_PX, CHANNELS, BlockCode
from engine.embedded.noise import new_scheduler

MAX_BYTES = 30_000_000


class TooLarge(Exception):
    """The exported folder weighs more than a clone of the project should."""


@dataclass(frozen=True)
class Parts:
    """The trained parts of a model, in full precision."""

    tokenizer: Any
    text_encoder: Any
    autoencoder: Any
    denoiser: Any


def export(parts: Parts, folder: Path) -> None:
    """Write ``parts`` to ``folder``, which is replaced; the parts become half precision.

    Raises:
        TooLarge: The folder is larger than `MAX_BYTES`.
    """
    pipeline = StableDiffusionImg2ImgPipeline(
        vae=parts.autoencoder,
        text_encoder=parts.text_encoder,
        tokenizer=parts.tokenizer,
        unet=parts.denoiser,
        scheduler=new_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    shutil.rmtree(folder, ignore_errors=True)
    pipeline.to(torch.float16).save_pretrained(folder, safe_serialization=True)
    _forget_origin(folder)
    size = sum(file.stat().st_size for file in folder.rglob("*.*"))
    if size > MAX_BYTES:
        raise TooLarge(f"{folder} weighs {size / 1e6:.1f} MB; {MAX_BYTES / 1e6:.0f} are allowed.")


def _forget_origin(folder: Path) -> None:
    """Take out where parts were loaded from: a path of the machine that trained them."""
    for file in folder.glob("*/config.json"):
        config = json.loads(file.read_text("utf-8"))
        config.pop("_name_or_path", None)
        file.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", "utf-8")


def load_parts(folder: Path) -> Parts:
    """The parts of an exported folder in full precision, to go on training from."""
    whole = {"dtype": torch.float32, "use_safetensors": True}
    return Parts(
        CLIPTokenizer.from_pretrained(folder / "tokenizer"),
        CLIPTextModel.from_pretrained(folder / "text_encoder", **whole),
        AutoencoderTiny.from_pretrained(folder / "vae", **whole),
        UNet2DConditionModel.from_pretrained(folder / "unet", **whole),
    )


def block_code(autoencoder: Any) -> BlockCode:
    """The code that an autoencoder's written encoder (`new_autoencoder`) stands for."""
    _, _, mix, last = autoencoder.encoder.layers
    weights = np.zeros((3, BLOCK_PX, BLOCK_PX, CHANNELS), np.float32)
    kernel = mix.weight.detach().float().numpy()
    for channel in range(3):
        for row, column, down, right in np.ndindex(2, 2, 2, 2):
            inner = channel * 4 + row * 2 + column
            at = kernel[:CHANNELS, inner, 1 + down, 1 + right]
            weights[channel, 2 * down + row, 2 * right + column] = at * SCALING
    flat = weights.reshape(-1, CHANNELS)
    shift = -last.bias.detach().float().numpy() * SCALING
    # Any mean with the right projection encodes alike; the shortest is taken.
    mean = np.linalg.lstsq(flat.T, shift, rcond=None)[0]
    return BlockCode(mean.astype(np.float32), flat)
