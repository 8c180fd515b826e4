"""The whole training in miniature: from photographs to a folder that the stock pipeline loads."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.embedded.training.plan import SMOKE
from engine.embedded.training.record import Record
from engine.embedded.training.stages import Training
from tests.engine.embedded.scenes import scene

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def test_the_smoke_training_exports_a_model_and_resumes(tmp_path: Path) -> None:
    from diffusers import AutoPipelineForImage2Image

    photos = [[scene(seed, 300, 400)] for seed in range(5)]
    exported = Training(tmp_path / "first", SMOKE, photos=photos).run()
    pipeline = AutoPipelineForImage2Image.from_pretrained(exported, dtype=torch.float32)
    made = pipeline(
        prompt="oil painting",
        image=Image.fromarray(scene(9, 64, 64)),
        strength=0.5,
        num_inference_steps=4,
    ).images[0]
    assert made.size == (64, 64)
    assert (tmp_path / "first" / "losses.png").stat().st_size > 1000
    assert Record.load(exported).steps == SMOKE.denoiser_steps

    # Everything is there: a second run trains nothing and exports the same.
    weights = (exported / "unet" / "diffusion_pytorch_model.safetensors").read_bytes()
    Training(tmp_path / "first", SMOKE, photos=photos).run()
    assert (exported / "unet" / "diffusion_pytorch_model.safetensors").read_bytes() == weights

    # Another machine goes on from the exported folder alone.
    longer = replace(SMOKE, denoiser_steps=2 * SMOKE.denoiser_steps)
    further = Training(tmp_path / "second", longer, resume_from=exported, photos=photos).run()
    assert Record.load(further).steps == 2 * SMOKE.denoiser_steps
    old = np.load(tmp_path / "first" / "photo_latents.npy")
    new = np.load(tmp_path / "second" / "photo_latents.npy")
    assert np.abs(old.astype(float) - new).max() < 0.05
    assert (further / "unet" / "diffusion_pytorch_model.safetensors").read_bytes() != weights
