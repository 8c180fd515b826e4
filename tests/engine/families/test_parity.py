"""Every stepwise family on tiny weights: alone it is its stock pipeline, in company itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from engine.abilities import FamilyName
from engine.checkpoints import Checkpoint
from engine.families.base import Inputs
from engine.families.loading import load_family
from engine.families.stepwise import StepRow, StepwiseFamily
from tests.engine.attempts import params
from tests.engine.families import tiny
from tests.engine.pictures import picture

pytestmark = pytest.mark.engine


class Kind(NamedTuple):
    """A family, how its tiny checkpoint is saved, and the stem of its pipelines' names."""

    name: str
    family: FamilyName
    save: Callable[[Path], Path]
    stem: str


KINDS = (
    Kind("sd", "sd", tiny.save_sd, "StableDiffusion"),
    Kind("lcm", "sd", lambda p: tiny.save_sd(p, time_cond_proj_dim=16), "StableDiffusion"),
    Kind("sdxl", "sdxl", tiny.save_sdxl, "StableDiffusionXL"),
    Kind("sd3", "sd3", tiny.save_sd3, "StableDiffusion3"),
    Kind("flux", "flux", tiny.save_flux, "Flux"),
    Kind("schnell", "flux", lambda p: tiny.save_flux(p, guidance_embeds=False), "Flux"),
)


class Loaded(NamedTuple):
    kind: Kind
    family: StepwiseFamily


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.name)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    kind: Kind = request.param
    source = str(kind.save(tmp_path_factory.mktemp(kind.name)))
    family = load_family(Checkpoint(name=kind.name, source=source, family=kind.family), "cpu")
    assert isinstance(family, StepwiseFamily)
    return Loaded(kind, family)


def half_mask(side: int = 64) -> Image.Image:
    mask = Image.new("L", (side, side))
    ImageDraw.Draw(mask).ellipse((10, 14, 50, 60), fill=255)
    return mask


def run(family: StepwiseFamily, *wanted: Inputs) -> list[torch.Tensor]:
    """The final latents; all rows share calls as long as they last."""
    with torch.inference_mode():
        rows: list[StepRow] = [family.begin(one) for one in wanted]
        assert len({family.batch_key(row) for row in rows}) == 1
        while pending := [row for row in rows if row.step < row.total]:
            family.advance(pending)
    return [row.latents for row in rows]


def stock(loaded: Loaded, task: str, wanted: Inputs, **pictures: Any) -> torch.Tensor:
    """What the stock pipeline of the task makes of it, as (1, channels, height, width)."""
    pipe = loaded.family.adapter.pipeline
    stock_pipe = getattr(diffusers, f"{loaded.kind.stem}{task}Pipeline")(**pipe.components)
    stock_pipe.set_progress_bar_config(disable=True)
    stock_pipe.scheduler = type(pipe.scheduler).from_config(pipe.scheduler.config)
    p = wanted.params
    arguments: dict[str, Any] = {
        "prompt": p.prompt,
        "num_inference_steps": p.num_inference_steps,
        "guidance_scale": p.guidance_scale,
        "generator": torch.Generator("cpu").manual_seed(p.seed),
        "output_type": "latent",
    } | pictures
    if loaded.kind.family != "flux" and p.negative_prompt:
        arguments["negative_prompt"] = p.negative_prompt
    if pictures:
        arguments["strength"] = p.strength
    if task != "Img2Img" or loaded.kind.family not in ("sd", "sdxl"):
        arguments |= {"width": p.width, "height": p.height}
    latents: torch.Tensor = stock_pipe(**arguments).images
    if loaded.kind.family == "flux":
        factor = pipe.vae_scale_factor
        latents = stock_pipe._unpack_latents(latents, p.height, p.width, factor)
    return latents


@pytest.mark.parametrize(
    "changes",
    [
        {"strength": 0.6, "guidance_scale": 4.0, "negative_prompt": "grey sea"},
        {"strength": 1.0, "guidance_scale": 1.0, "num_inference_steps": 3},
        {"strength": 0.5, "guidance_scale": 2.5, "num_inference_steps": 7, "width": 96},
    ],
    ids=["part", "whole", "wide"],
)
@pytest.mark.parametrize("task", ["", "Img2Img", "Inpaint"])
def test_alone_it_is_the_stock_pipeline_to_the_bit(
    loaded: Loaded, task: str, changes: dict[str, Any]
) -> None:
    if not task:
        changes = changes | {"strength": 1.0}
    if task == "Inpaint" and "width" in changes:
        changes = changes | {"width": 64}
    asked = params(**changes)
    pictures: dict[str, Any] = {}
    if task:
        pictures["image"] = picture(asked.width, asked.height)
    if task == "Inpaint":
        pictures["mask_image"] = half_mask()
    wanted = Inputs(params=asked, source=pictures.get("image"), mask=pictures.get("mask_image"))
    expected = stock(loaded, task, wanted, **pictures)
    [alone] = run(loaded.family, wanted)
    assert torch.equal(alone, expected), (alone - expected).abs().max()


def test_mixed_jobs_share_calls_and_stay_what_they_are_alone(loaded: Loaded) -> None:
    samplers = ["euler_ancestral", "lcm"] if loaded.kind.family in ("sd", "sdxl") else [None, None]
    mixed = [
        Inputs(params=params(guidance_scale=4.0, negative_prompt="grey"), source=picture()),
        Inputs(params=params(strength=0.9, seed=3, scheduler=samplers[0]), source=picture()),
        Inputs(params=params(prompt="snow", guidance_scale=1.0, strength=1.0)),
        Inputs(
            params=params(num_inference_steps=5, guidance_scale=7.0, scheduler=samplers[1]),
            source=picture(),
            mask=half_mask(),
        ),
    ]
    together = run(loaded.family, *mixed)
    for wanted, latents in zip(mixed, together, strict=True):
        [alone] = run(loaded.family, wanted)
        assert not torch.equal(alone, torch.zeros_like(alone))
        assert (latents - alone).abs().max() <= 1e-5 * alone.abs().max()
        with torch.inference_mode():
            pair = [loaded.family.autoencoder.decode(one) for one in (latents, alone)]
        seen, expected = (np.asarray(image).astype(np.int16) for image in pair)
        assert np.abs(seen - expected).max() <= 1


def test_rows_of_another_size_may_not_share_a_call(loaded: Loaded) -> None:
    square, wide = (loaded.family.begin(Inputs(params=params(width=w))) for w in (64, 96))
    assert loaded.family.batch_key(square) != loaded.family.batch_key(wide)


def test_a_prompt_longer_than_the_encoder_is_cut_and_that_is_said(loaded: Loaded) -> None:
    short = loaded.family.begin(Inputs(params=params(prompt="snow")))
    long = loaded.family.begin(Inputs(params=params(prompt="castle by the sea " * 60)))
    assert short.notes == ()
    assert "its end was left out" in long.notes[0]
    assert loaded.family.batch_key(short) == loaded.family.batch_key(long)


def test_a_variation_starts_from_kept_latents_and_looks_at_no_picture(loaded: Loaded) -> None:
    first = Inputs(params=params(), source=picture())
    with torch.inference_mode():
        row = loaded.family.begin(first)
        while row.step < row.total:
            loaded.family.advance([row])
        _, kept = loaded.family.finish(row)
    vary = params(strength=0.4, seed=8, num_inference_steps=5)
    blank = Image.new("RGB", (64, 64))
    variations = run(
        loaded.family,
        Inputs(params=vary, source=blank, source_latents=kept),
        Inputs(params=vary, source=picture(), source_latents=kept),
        Inputs(params=vary, source=blank),
    )
    assert torch.allclose(variations[0], variations[1], rtol=0, atol=1e-4)
    assert not torch.allclose(variations[0], variations[2], rtol=0, atol=1e-2)
