"""The autoencoder: an AutoencoderTiny with the block code as encoder and a trained decoder."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor, nn

from engine.embedded.latents import BLOCK_PX, CHANNELS, BlockCode

SCALING = 3.0
"""Latents are this much smaller inside, so that the decoder's tanh(z/3) hardly bends them."""

_ENCODER_WIDTH = 16
_DECODER_WIDTH = 32
_CROP_PX = 96
_BATCH = 12
_LEARNING_RATE = 2e-3


def new_autoencoder(code: BlockCode) -> Any:
    """An `AutoencoderTiny` that encodes exactly as ``code`` does and decodes to block means."""
    model = AutoencoderTiny(
        encoder_block_out_channels=(_ENCODER_WIDTH,) * 3,
        decoder_block_out_channels=(_DECODER_WIDTH,) * 3,
        num_encoder_blocks=(0, 0, 0),
        num_decoder_blocks=(2, 2, 1),
        latent_channels=CHANNELS,
        scaling_factor=SCALING,
    )
    with torch.no_grad():
        _write_encoder(model.encoder, code)
        _start_decoder(model.decoder, code)
    model.encoder.requires_grad_(requires_grad=False)
    return model


def _write_encoder(encoder: Any, code: BlockCode) -> None:
    """Three convolutions that gather 2 × 2 pixels, then 2 × 2 of those, then leave all as it is."""
    same, gather, mix, last = encoder.layers
    for layer in encoder.layers:
        layer.weight.zero_()
        if layer.bias is not None:
            layer.bias.zero_()
    weights = torch.from_numpy(code.weights).reshape(3, BLOCK_PX, BLOCK_PX, CHANNELS) / SCALING
    for channel in range(3):
        same.weight[channel, channel, 1, 1] = 1
        for row, column in np.ndindex(2, 2):
            inner = channel * 4 + row * 2 + column
            gather.weight[inner, channel, 1 + row, 1 + column] = 1
            for down, right in np.ndindex(2, 2):
                mix.weight[:CHANNELS, inner, 1 + down, 1 + right] = weights[
                    channel, 2 * down + row, 2 * right + column
                ]
    for latent in range(CHANNELS):
        last.weight[latent, latent, 1, 1] = 1
    last.bias[:] = -torch.from_numpy(code.mean @ code.weights) / SCALING


def _start_decoder(decoder: Any, code: BlockCode) -> None:
    """Three of the channels carry each block's mean colour through; the others start small."""
    layers = decoder.layers
    for layer in layers:
        if hasattr(layer, "conv"):
            # A residual block that adds little, and nothing to the colour channels.
            final = layer.conv[-1]
            final.weight.mul_(0.1)
            final.bias.zero_()
            final.weight[:3] = 0
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    inverse = np.linalg.pinv(code.weights).reshape(CHANNELS, 3, BLOCK_PX**2).mean(axis=2)
    first, *middle, final = convolutions
    assert first.bias is not None
    assert final.bias is not None
    first.weight[:3] = 0
    first.weight[:3, :, 1, 1] = torch.from_numpy(inverse.T.astype(np.float32)) * SCALING
    first.bias[:3] = torch.from_numpy(code.mean.reshape(3, -1).mean(axis=1))
    kernel = torch.tensor([0.25, 0.5, 0.25])
    for layer in middle:
        layer.weight[:3] = 0
        for channel in range(3):
            layer.weight[channel, channel] = kernel[:, None] * kernel[None]
    final.weight.mul_(0.1)
    final.weight[:, :3] = 0
    final.bias.zero_()
    for channel in range(3):
        final.weight[channel, channel, 1, 1] = 1


def train_decoder(
    model: Any, pictures: list[NDArray[np.uint8]], steps: int, seed: int
) -> Iterator[float]:
    """Train ``model``'s decoder on ``pictures`` (each n × height × width × 3); yield each loss.

    The loss is the absolute error of the pixels and of their differences to the neighbours, which
    keeps edges crisp. A little noise on the latents makes the decoder bear the denoiser's errors.
    """
    torch.manual_seed(seed)
    dice = np.random.default_rng(seed)
    parameters = list(model.decoder.parameters())
    optimizer = torch.optim.AdamW(parameters, _LEARNING_RATE, betas=(0.9, 0.99), weight_decay=0.0)
    average = [parameter.detach().clone() for parameter in parameters]
    for step in track(range(steps), "autoencoder"):
        progress = step / steps
        rate = (
            _LEARNING_RATE
            * min(1, (step + 1) / 50)
            * (0.02 + 0.49 * (1 + math.cos(math.pi * progress)))
        )
        for group in optimizer.param_groups:
            group["lr"] = rate
        wanted = _batch(pictures, dice)
        with torch.no_grad():
            latents = model.encoder(wanted)
        made = model.decoder(latents + 0.012 * torch.randn_like(latents))
        loss = _loss(made, wanted)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        keep = min(0.995, (1 + step) / (10 + step))
        torch._foreach_lerp_(average, [parameter.detach() for parameter in parameters], 1 - keep)
        yield loss.item()
    with torch.no_grad():
        for parameter, mean in zip(parameters, average, strict=True):
            parameter.copy_(mean)


def _loss(made: Tensor, wanted: Tensor) -> Tensor:
    error = made - wanted
    across, down = error[..., 1:] - error[..., :-1], error[..., 1:, :] - error[..., :-1, :]
    return (
        error.abs().mean()
        + 3 * error.square().mean()
        + 0.5 * (across.abs().mean() + down.abs().mean())
    )


def _batch(pictures: list[NDArray[np.uint8]], dice: np.random.Generator) -> Tensor:
    crops = []
    for number in range(_BATCH):
        source = pictures[number % len(pictures)]
        picture = source[dice.integers(len(source))]
        top, left = (int(dice.integers(0, side - _CROP_PX + 1)) for side in picture.shape[:2])
        crops.append(picture[top : top + _CROP_PX, left : left + _CROP_PX])
    return as_tensor(np.stack(crops))


def as_tensor(pixels: NDArray[np.uint8]) -> Tensor:
    """``n × height × width × 3`` bytes as ``n × 3 × height × width`` values -1..1."""
    values = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2)
    return values.float() / 127.5 - 1


def reconstruction_psnr_db(model: Any, pixels: NDArray[np.uint8]) -> float:
    """Mean over the pictures of the peak signal-to-noise ratio after encoding and decoding."""
    ratios = []
    with torch.inference_mode():
        for picture in pixels:
            wanted = as_tensor(picture[None])
            made = model(wanted).sample.clamp(-1, 1)
            error = ((made - wanted) / 2).square().mean().item()
            ratios.append(-10 * math.log10(error))
    return float(np.mean(ratios))


def load_training_pictures(folder: Path) -> list[NDArray[np.uint8]]:
    """The photographs' crops and a sample of the teachers' pictures."""
    return [np.load(folder / name, mmap_mode="r") for name in ("crops.npy", "styled_pictures.npy")]
