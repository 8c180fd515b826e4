"""Prompts and sources that come again: asked for once, and the same picture."""

from typing import Any

import pytest
import torch

from engine.acceleration.moments import remember_sources
from engine.bench import architectures
from engine.checkpoints import Checkpoint
from engine.core import EngineCore
from engine.events import Done
from engine.families.adapter import Embedding
from engine.families.sd import SdAdapter
from engine.families.stepwise import StepwiseFamily
from tests.engine.attempts import attempt

pytestmark = pytest.mark.engine

ROW = Checkpoint(name="tiny", source="tiny", family="sd", multiple=8)


@pytest.fixture
def pipeline() -> Any:
    return architectures.pipeline("sd15", quick=True)


def picture_of(family: StepwiseFamily, **changes: Any) -> bytes:
    core = EngineCore(family, ROW, max_rows=4)
    core.submit(attempt(**changes))
    events = []
    while core.has_work:
        events += core.step()
    assert isinstance(events[-1], Done)
    return events[-1].latents


def test_another_job_on_a_known_source_draws_its_own_sample(pipeline: Any) -> None:
    asked: list[dict[str, Any]] = [{"seed": 1}, {"seed": 2, "prompt": "snow"}, {"seed": 1}]
    family = StepwiseFamily(SdAdapter(pipeline))
    expected = [picture_of(family, **changes) for changes in asked]
    assert expected[0] != expected[1]
    kept = remember_sources(pipeline.vae, 4)
    assert [picture_of(family, **changes) for changes in asked] == expected
    assert (kept.hits, kept.misses) == (2, 1)


def test_sources_are_told_apart_by_their_pixels(pipeline: Any) -> None:
    kept = remember_sources(pipeline.vae, 1)
    ones, zeros = torch.ones(1, 3, 16, 16), torch.zeros(1, 3, 16, 16)
    first = pipeline.vae.encode(ones).latent_dist.mean
    second = pipeline.vae.encode(zeros, return_dict=False)[0].mean
    assert not torch.equal(first, second)
    assert torch.equal(pipeline.vae.encode(ones).latent_dist.mean, first)
    assert (len(kept), kept.hits) == (1, 0)


def test_a_prompt_that_comes_again_is_not_embedded_again(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded: list[str] = []
    embed = SdAdapter.embed

    def counted(adapter: SdAdapter, prompt: str) -> Embedding:
        embedded.append(prompt)
        return embed(adapter, prompt)

    monkeypatch.setattr(SdAdapter, "embed", counted)
    asked: list[dict[str, Any]] = [
        {"prompt": "snow"},
        {"prompt": "snow", "strength": 0.8},
        {"prompt": "fog"},
    ]
    kept = StepwiseFamily(SdAdapter(pipeline), prompt_cache=8)
    given = [picture_of(kept, guidance_scale=3.0, **changes) for changes in asked]
    assert embedded == ["", "snow", "fog"]
    forgetful = StepwiseFamily(SdAdapter(pipeline), prompt_cache=0)
    assert [picture_of(forgetful, guidance_scale=3.0, **changes) for changes in asked] == given
    assert len(embedded) == 3 + 6
