"""The stepwise adapter against the stock pipeline: alone, and sharing calls."""

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from engine.checkpoints import SCHEDULERS, Checkpoint, find_checkpoint
from engine.core import EngineCore
from engine.events import Done, Preview
from engine.families.loading import load_family
from engine.families.schedulers import scheduler_for
from engine.families.stepwise import StepwiseFamily
from engine.params import Attempt
from tests.engine.attempts import attempt, params
from tests.engine.pictures import encoded, picture, pixels

pytestmark = pytest.mark.engine

EMBEDDED = find_checkpoint("embedded")


@pytest.fixture(scope="module")
def family() -> StepwiseFamily:
    loaded = load_family(EMBEDDED, "cpu")
    assert isinstance(loaded, StepwiseFamily)
    return loaded


def through_loop(
    family: StepwiseFamily, *attempts: Attempt, row: Checkpoint = EMBEDDED
) -> list[Done]:
    core = EngineCore(family, row, max_rows=16)
    for one in attempts:
        core.submit(one)
    done: dict[str, Done] = {}
    while core.has_work:
        done |= {e.key: e for e in core.step() if isinstance(e, Done)}
    return [done[one.key] for one in attempts]


def stock(family: StepwiseFamily, source: Image.Image, asked: Attempt) -> Any:
    """What diffusers' own pipeline makes of the same attempt."""
    pipe, wanted = family.adapter.pipeline, asked.params
    before = pipe.scheduler
    pipe.scheduler = scheduler_for(wanted.scheduler, before)
    try:
        image = pipe(
            prompt=wanted.prompt,
            negative_prompt=wanted.negative_prompt,
            image=source,
            strength=wanted.strength,
            num_inference_steps=wanted.num_inference_steps,
            guidance_scale=EMBEDDED.guidance_scale
            if wanted.guidance_scale is None
            else wanted.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(wanted.seed),
        ).images[0]
    finally:
        pipe.scheduler = before
    return np.asarray(image).astype(np.int16)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_alone_it_is_the_stock_pipeline_to_the_bit(family: StepwiseFamily, scheduler: str) -> None:
    asked = attempt(scheduler=scheduler, strength=0.6, negative_prompt="blurry")
    [done] = through_loop(family, asked)
    assert (pixels(done.image) == stock(family, picture(), asked)).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"guidance_scale": 1.0},
        {"guidance_scale": 7.5, "strength": 1.0},
        {"width": 128, "height": 72, "num_inference_steps": 3},
        {"prompt": ""},
        {"prompt": "🦊 Ölgemälde 油絵 " * 60},
    ],
)
def test_with_other_parameters_too(family: StepwiseFamily, changes: dict[str, Any]) -> None:
    asked = attempt(**changes)
    source = picture(asked.params.width, asked.params.height)
    [done] = through_loop(family, asked)
    assert (pixels(done.image) == stock(family, source, asked)).all()


def test_in_company_it_is_the_same_picture_but_for_rounding(family: StepwiseFamily) -> None:
    mixed = [
        attempt("a", scheduler="euler", strength=0.9),
        attempt("b", scheduler="lcm", prompt="snow", guidance_scale=1.0),
        attempt("c", scheduler="pndm", num_inference_steps=12, seed=3),
        attempt("d", negative_prompt="grey"),
    ]
    together = through_loop(family, *mixed)
    for asked, done in zip(mixed, together, strict=True):
        [alone] = through_loop(family, asked)
        difference = np.abs(pixels(done.image) - pixels(alone.image))
        assert difference.max() <= 1
        assert (difference > 0).mean() < 0.001


def test_a_long_prompt_is_cut_and_that_is_said(family: StepwiseFamily) -> None:
    [done] = through_loop(family, attempt(prompt="a castle by the sea " * 60))
    assert any("left out" in note for note in done.notes)
    [done] = through_loop(family, attempt(prompt="a castle by the sea"))
    assert done.notes == ()


def test_kept_latents_take_the_place_of_the_source(family: StepwiseFamily) -> None:
    [parent] = through_loop(family, attempt(strength=0.9))
    blank = encoded(Image.new("RGB", (64, 64), "white"))
    subtle = params(strength=0.2, num_inference_steps=10)
    from_latents, from_pixels = through_loop(
        family,
        Attempt(key="a", params=subtle, source=blank, source_latents=parent.latents),
        Attempt(key="b", params=subtle, source=parent.image),
    )
    # The blank source was not looked at: the two ways to the parent's picture agree.
    apart = np.abs(pixels(from_latents.image) - pixels(from_pixels.image)).mean()
    from_blank = np.abs(pixels(from_latents.image) - 255).mean()
    assert apart < 0.2 * from_blank


def test_latents_of_another_size_or_no_latents_at_all_fall_back_to_the_source(
    family: StepwiseFamily,
) -> None:
    [other] = through_loop(family, attempt(width=128))
    plain = attempt("plain")
    [expected] = through_loop(family, plain)
    for latents in (other.latents, b"junk", b""):
        asked = Attempt(key="a", params=plain.params, source=plain.source, source_latents=latents)
        [done] = through_loop(family, asked)
        assert done.image == expected.image


def test_a_preview_is_a_small_picture(
    family: StepwiseFamily, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.core.running.PREVIEW_INTERVAL_S", 0.0)
    core = EngineCore(family, EMBEDDED, max_rows=8)
    core.submit(attempt(previews=True, width=256, height=128))
    previews: list[Preview] = []
    while core.has_work:
        previews += [event for event in core.step() if isinstance(event, Preview)]
    assert previews
    assert pixels(previews[0].image).shape == (128, 256, 3)
