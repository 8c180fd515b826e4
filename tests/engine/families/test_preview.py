"""Previews without a tiny VAE: colours fitted to the checkpoint's own VAE."""

import numpy as np
import pytest
import torch
from PIL import Image

from engine.checkpoints import Checkpoint, find_checkpoint
from engine.core import EngineCore
from engine.encoding import PREVIEW_SIDE
from engine.events import Preview
from engine.families.loading import load_family
from engine.families.preview import coloured, fit_colours
from engine.families.stepwise import StepwiseFamily
from tests.engine.attempts import attempt
from tests.engine.families.tiny import save_sd
from tests.engine.pictures import picture, pixels

pytestmark = pytest.mark.engine


def test_fitted_colours_are_nearly_the_picture() -> None:
    # A VAE that has learnt something, so that there is something to fit.
    family = load_family(find_checkpoint("embedded"), "cpu")
    assert isinstance(family, StepwiseFamily)
    image = picture(256, 128)
    with torch.inference_mode():
        latents = family.autoencoder.encode(image, torch.Generator("cpu"))
    seen = coloured(latents, fit_colours(family.autoencoder))
    expected = np.asarray(image.resize(seen.size, Image.Resampling.BOX)).astype(np.int16)
    flat = np.abs(expected - expected.mean(axis=(0, 1))).mean()
    assert np.abs(np.asarray(seen) - expected).mean() < 0.2 * flat


def test_a_checkpoint_without_a_tiny_vae_has_previews_too(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.core.running.PREVIEW_INTERVAL_S", 0.0)
    source = str(save_sd(tmp_path_factory.mktemp("sd")))
    row = Checkpoint(name="tiny", source=source, family="sd", guidance_scale=1.0)
    core = EngineCore(load_family(row, "cpu"), row, max_rows=4)
    core.submit(attempt(previews=True, width=128))
    previews: list[Preview] = []
    while core.has_work:
        previews += [event for event in core.step() if isinstance(event, Preview)]
    assert len(previews) == 3
    assert pixels(previews[0].image).shape == (PREVIEW_SIDE // 2, PREVIEW_SIDE, 3)
