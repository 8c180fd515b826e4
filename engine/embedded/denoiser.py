"""The denoiser: a small UNet, and the states of an img2img run that it is taught to go on from.

An img2img run starts at level t₀ from the photograph p, noised. Let T be what it should end at. A
DDIM step that predicts T moves the clean part of the state from p towards T, so that at level t
the clean part is m = λp + (1 − λ)T with λ = ρ(t)/ρ(t₀), ρ being noise to signal. Teaching on m
instead of on T alone ("bridge" states) makes strength a calibrated dial.

With a prompt the network is taught (m + T)/2, without one m itself: classifier-free guidance of
2.0, the default, then predicts m + 2((m + T)/2 − m) = T, neither less nor an exaggeration.
"""

from dataclasses import dataclass
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from engine.embedded.latents import CHANNELS
from engine.embedded.noise import LEVELS, noise_ratio, style_share
from engine.embedded.text_encoder import WIDTH

# In latents, whose mean square is one.
_FORGIVEN = 0.1


def new_denoiser() -> Any:
    """An untrained UNet of 13 million parameters, for latents of 64 × 64."""
    model = UNet2DConditionModel(
        sample_size=64,
        in_channels=CHANNELS,
        out_channels=CHANNELS,
        block_out_channels=(48, 96, 160, 192),
        layers_per_block=1,
        down_block_types=(
            "DownBlock2D",
            "DownBlock2D",
            "CrossAttnDownBlock2D",
            "CrossAttnDownBlock2D",
        ),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
        norm_num_groups=16,
        resnet_time_scale_shift="scale_shift",
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
    )
    with torch.no_grad():
        model.conv_out.weight.mul_(0.1)
    return model


@dataclass(frozen=True)
class States:
    """A batch of states of img2img runs: what the network sees, and the clean latents it owes."""

    noisy: Tensor
    levels: Tensor
    wanted: Tensor
    ratios: Tensor


def draw_levels(count: int, dice: torch.Generator) -> tuple[Tensor, Tensor]:
    """Where ``count`` runs started and where they are now, as parts (0..1] of all levels."""
    anywhere = 0.06 + 0.94 * torch.rand(count, generator=dice)
    # Most jobs, and all that is hard about a look, lie around the usual strength.
    usual = 0.35 + 0.4 * torch.rand(count, generator=dice)
    started = torch.where(torch.rand(count, generator=dice) < 0.6, usual, anywhere)
    # The later a step the less it moves the picture: early ones are drawn more often.
    went_on = torch.rand(count, generator=dice) ** 0.6
    now = torch.where(torch.rand(count, generator=dice) < 0.3, started, started * went_on)
    one_level = 1 / LEVELS
    return started, now.clamp(min=one_level)


def draw_states(photo: Tensor, styled: Tensor, prompted: Tensor, dice: torch.Generator) -> States:
    """States of runs from ``photo`` to ``styled`` latents, n × 12 × h × w each.

    Where ``prompted`` (n) is false the network owes the state's own clean part.
    """
    count = len(photo)
    started, now = draw_levels(count, dice)
    levels = (now * LEVELS).round().long().clamp(1, LEVELS) - 1
    ratios = noise_ratio((levels + 1) / LEVELS)
    goal = photo + _wide(style_share(started)) * (styled - photo)
    kept = (ratios / noise_ratio(started)).clamp(max=1)
    # A real run is never exactly on its way.
    astray = torch.exp(0.35 * torch.randn(count, generator=dice))
    kept = torch.where(kept < 0.999, kept**astray, kept)
    clean = goal + _wide(kept) * (photo - goal)
    wanted = torch.where(_wide(prompted), (clean + goal) / 2, clean)
    noise = torch.randn(clean.shape, generator=dice)
    signal = _wide((1 + ratios**2).rsqrt())
    return States(signal * (clean + _wide(ratios) * noise), levels, wanted, ratios)


def clean_prediction(model: Any, states: States, prompts: Tensor) -> Tensor:
    """The clean latents that the network's v predicts: α x − σ v."""
    velocity = model(states.noisy, states.levels, prompts).sample.float()
    signal = _wide((1 + states.ratios**2).rsqrt())
    predicted: Tensor = signal * (states.noisy - _wide(states.ratios) * velocity)
    return predicted


def loss_of(predicted: Tensor, states: States, channel_weights: Tensor) -> Tensor:
    """Weighted Charbonnier error; coarse channels count more, noisy levels less.

    Squares forgive what is slightly wrong everywhere, which is what a soft picture is; beyond
    `_FORGIVEN` this error is the absolute one.
    """
    error = ((predicted - states.wanted).square() + _FORGIVEN**2).sqrt() - _FORGIVEN
    weighted = error * channel_weights[None, :, None, None]
    return (weighted.mean((1, 2, 3)) * (0.03 + states.ratios**2).rsqrt()).mean()


def _wide(values: Tensor) -> Tensor:
    return values[:, None, None, None]
