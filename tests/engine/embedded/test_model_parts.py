"""The parts of the model: latent code, noise levels, bridge states."""

import numpy as np
import pytest
import torch

from engine.embedded.autoencoder import SCALING, as_tensor, new_autoencoder
from engine.embedded.denoiser import draw_states
from engine.embedded.export import block_code
from engine.embedded.latents import CHANNELS, fit
from engine.embedded.noise import LEVELS, new_scheduler, noise_ratio, signal_share, style_share
from tests.engine.embedded.scenes import scene

pytestmark = pytest.mark.engine


def test_the_written_encoder_is_the_block_code() -> None:
    pictures = np.stack([scene(seed, 64, 64) for seed in range(4)])
    code = fit(pictures)
    model = new_autoencoder(code)
    with torch.no_grad():
        encoded = model.encoder(as_tensor(pictures)).numpy() * SCALING
    assert np.allclose(encoded, code.encode(pictures), atol=1e-4)
    assert np.sqrt(np.mean(encoded**2)) == pytest.approx(1, abs=0.05)


def test_the_code_can_be_read_back_from_the_encoder() -> None:
    pictures = np.stack([scene(seed, 64, 64) for seed in range(4)])
    code = fit(pictures)
    again = block_code(new_autoencoder(code))
    assert np.allclose(again.encode(pictures), code.encode(pictures), atol=1e-3)


def test_an_untrained_decoder_already_shows_the_picture() -> None:
    pictures = np.stack([scene(seed, 64, 64) for seed in range(4)])
    model = new_autoencoder(fit(pictures))
    wanted = as_tensor(pictures)
    with torch.no_grad():
        error = (model(wanted).sample - wanted).square().mean()
    assert error < 0.25 * wanted.var()


def test_noise_and_style_grow_with_strength() -> None:
    parts = torch.linspace(0.01, 1, 50)
    assert (noise_ratio(parts).diff() > 0).all()
    assert (style_share(parts).diff() >= 0).all()
    assert style_share(torch.tensor([0.0, 1.0])).tolist() == [0.0, 1.0]


def test_the_scheduler_has_these_levels_and_starts_where_strength_says() -> None:
    scheduler = new_scheduler()
    assert torch.allclose(scheduler.alphas_cumprod.double(), signal_share(), atol=1e-4)
    scheduler.set_timesteps(12)
    assert scheduler.timesteps[0] == LEVELS - 1
    # Seven of twelve steps, strength 0.6: level 7/12.
    assert scheduler.timesteps[5] == LEVELS * 7 // 12 - 1


def _pair() -> tuple[torch.Tensor, torch.Tensor]:
    dice = torch.Generator().manual_seed(1)
    shape = (64, CHANNELS, 4, 4)
    return torch.randn(shape, generator=dice), torch.randn(shape, generator=dice)


def test_without_a_prompt_the_state_is_only_cleaned() -> None:
    photo, _ = _pair()
    unprompted = torch.zeros(64, dtype=torch.bool)
    states = draw_states(photo, photo, unprompted, torch.Generator().manual_seed(2))
    assert torch.allclose(states.wanted, photo, atol=1e-5)


def test_guidance_of_two_leads_to_the_goal() -> None:
    photo, styled = _pair()
    prompted = torch.ones(64, dtype=torch.bool)
    with_prompt = draw_states(photo, styled, prompted, torch.Generator().manual_seed(3))
    without = draw_states(photo, styled, ~prompted, torch.Generator().manual_seed(3))
    guided = without.wanted + 2 * (with_prompt.wanted - without.wanted)
    strong = with_prompt.ratios >= noise_ratio(torch.tensor(0.6))
    # From 0.56 on the goal is the styled picture itself.
    assert strong.any()
    assert torch.allclose(guided[strong], styled[strong], atol=1e-4)
