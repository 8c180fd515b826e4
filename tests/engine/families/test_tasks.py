"""Text-to-image, inpainting and upscaling: alone in the loop each is its stock pipeline."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import StableDiffusionInpaintPipeline, StableDiffusionPipeline
from PIL import Image, ImageDraw

from engine.checkpoints import SCHEDULERS, Checkpoint
from engine.families.base import Inputs
from engine.families.loading import load_family
from engine.families.masking import latent_mask
from engine.families.schedulers import scheduler_for
from engine.families.stepwise import StepwiseFamily
from tests.engine.attempts import params
from tests.engine.families.tiny import save_sd
from tests.engine.pictures import picture

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> StepwiseFamily:
    folder: Path = save_sd(tmp_path_factory.mktemp("sd"))
    loaded = load_family(Checkpoint(name="tiny", source=str(folder), family="sd"), "cpu")
    assert isinstance(loaded, StepwiseFamily)
    return loaded


def half_mask(side: int = 64) -> Image.Image:
    mask = Image.new("L", (side, side))
    ImageDraw.Draw(mask).ellipse((10, 14, 50, 60), fill=255)
    return mask


def through_family(family: StepwiseFamily, inputs: Inputs) -> torch.Tensor:
    """The final latents."""
    with torch.inference_mode():
        row = family.begin(inputs)
        while row.step < row.total:
            family.advance([row])
    return row.latents


def stock(family: StepwiseFamily, cls: Any, wanted: Inputs, **arguments: Any) -> torch.Tensor:
    pipe = cls(**family.adapter.pipeline.components, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    p = wanted.params
    pipe.scheduler = scheduler_for(p.scheduler, family.adapter.pipeline.scheduler)
    latents: torch.Tensor = pipe(
        prompt=p.prompt,
        negative_prompt=p.negative_prompt,
        width=p.width,
        height=p.height,
        num_inference_steps=p.num_inference_steps,
        guidance_scale=p.guidance_scale,
        generator=torch.Generator("cpu").manual_seed(p.seed),
        output_type="latent",
        **arguments,
    ).images
    return latents


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_text_to_image_is_the_stock_pipeline_to_the_bit(
    family: StepwiseFamily, scheduler: str
) -> None:
    wanted = Inputs(params=params(scheduler=scheduler, strength=1.0, guidance_scale=4.0))
    expected = stock(family, StableDiffusionPipeline, wanted)
    assert torch.equal(through_family(family, wanted), expected)


@pytest.mark.parametrize("strength", [0.6, 1.0])
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_inpainting_is_the_stock_pipeline_to_the_bit(
    family: StepwiseFamily, scheduler: str, strength: float
) -> None:
    asked = params(scheduler=scheduler, strength=strength, guidance_scale=4.0)
    wanted = Inputs(params=asked, source=picture(), mask=half_mask())
    expected = stock(
        family,
        StableDiffusionInpaintPipeline,
        wanted,
        image=wanted.source,
        mask_image=wanted.mask,
        strength=strength,
    )
    assert torch.equal(through_family(family, wanted), expected)


def test_what_the_mask_keeps_is_kept(family: StepwiseFamily) -> None:
    asked = params(strength=0.9)
    painted = Inputs(params=asked, source=picture(), mask=Image.new("L", (64, 64), 255))
    kept = Inputs(params=asked, source=picture(), mask=Image.new("L", (64, 64), 0))
    mixed = Inputs(params=asked, source=picture(), mask=half_mask())
    all_new, all_old, both = (through_family(family, one) for one in (painted, kept, mixed))
    mask = latent_mask(half_mask(), (32, 32))[0, 0] > 0
    assert torch.equal(both[0, :, ~mask], all_old[0, :, ~mask])
    assert not torch.isclose(all_new, all_old).any(dim=1).all()


def test_steps_are_spread_as_the_checkpoints_row_says(tmp_path: Path) -> None:
    row = Checkpoint(
        name="few", source=str(save_sd(tmp_path)), family="sd", timestep_spacing="trailing"
    )
    loaded = load_family(row, "cpu")
    assert isinstance(loaded, StepwiseFamily)
    few = Inputs(params=params(strength=1.0, num_inference_steps=4, scheduler="euler"))
    assert loaded.begin(few).timesteps.tolist() == [999, 749, 499, 249]
