"""Rows moved on together arrive where their schedulers' own steps lead."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, FlowMatchEulerDiscreteScheduler

from engine.acceleration.updates import Updates, is_affine, own_step
from engine.checkpoints import SCHEDULERS
from engine.families.schedulers import scheduler_for

pytestmark = pytest.mark.engine

WITHOUT_MEMORY = ("ddim", "euler", "euler_ancestral", "lcm")
STEPS = 9


@dataclass
class PlainRow:
    """A row with nothing but what its update needs."""

    scheduler: Any
    timesteps: torch.Tensor
    latents: torch.Tensor
    step_kwargs: dict[str, Any] = field(default_factory=dict)
    step: int = 0


def row(name: str, seed: int, *, skip: int = 2, **config: Any) -> PlainRow:
    """A row that begins at its schedule's step ``skip``, as img2img does."""
    values = {"beta_schedule": "scaled_linear", "clip_sample": False, "steps_offset": 1}
    scheduler = scheduler_for(name, DDIMScheduler(**(values | config)))
    scheduler.set_timesteps(STEPS)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(skip)
    generator = torch.Generator("cpu").manual_seed(seed)
    latents = 5 * torch.randn(1, 4, 8, 8, generator=generator)
    takes_noise = name in ("euler_ancestral", "lcm")
    kwargs = {"generator": generator} if takes_noise else {}
    return PlainRow(scheduler, scheduler.timesteps[skip:], latents, kwargs)


def walk(rows: list[PlainRow], updates: Updates) -> list[torch.Tensor]:
    """Move the rows on to their ends, with the same outputs however they are moved."""
    outputs = torch.Generator("cpu").manual_seed(99)
    for _ in range(max(len(r.timesteps) for r in rows)):
        left = [r for r in rows if r.step < len(r.timesteps)]
        given = [torch.randn(1, 4, 8, 8, generator=outputs) for _ in left]
        for r in left:
            if hasattr(r.scheduler, "scale_model_input"):
                r.scheduler.scale_model_input(r.latents, r.timesteps[r.step])
        for r, latents in zip(left, updates.apply(left, given), strict=True):
            r.latents = latents
            r.step += 1
    return [r.latents for r in rows]


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_each_scheduler_together_is_its_own_step(name: str, prediction: str) -> None:
    def rows() -> list[PlainRow]:
        return [
            row(name, 1, prediction_type=prediction),
            row(name, 2, skip=5, prediction_type=prediction),
        ]

    own, fused = walk(rows(), Updates(fused=False)), walk(rows(), Updates(fused=True))
    for alone, together in zip(own, fused, strict=True):
        assert (alone - together).abs().max() <= 1e-5 * alone.abs().max()
    assert all(is_affine(one) for one in rows()) == (name in WITHOUT_MEMORY)


def test_different_schedulers_share_one_expression() -> None:
    def rows() -> list[PlainRow]:
        return [row(name, seed) for seed, name in enumerate(WITHOUT_MEMORY)]

    own, fused = walk(rows(), Updates(fused=False)), walk(rows(), Updates(fused=True))
    # The expression was used: rounding differs somewhere.
    assert any(not torch.equal(a, b) for a, b in zip(own, fused, strict=True))
    for alone, together in zip(own, fused, strict=True):
        assert (alone - together).abs().max() <= 1e-5 * alone.abs().max()


@pytest.mark.parametrize(
    "kinds",
    [
        [("ddim", {})],
        [("ddim", {"clip_sample": True}), ("euler", {})],
        [("ddim", {}), ("unipc", {})],
    ],
)
def test_alone_and_clipped_rows_take_their_own_step(kinds: list[tuple[str, Any]]) -> None:
    def rows() -> list[PlainRow]:
        return [row(name, seed, **config) for seed, (name, config) in enumerate(kinds)]

    own, fused = walk(rows(), Updates(fused=False)), walk(rows(), Updates(fused=True))
    assert all(torch.equal(a, b) for a, b in zip(own, fused, strict=True))


def test_a_row_may_go_on_alone_after_company() -> None:
    together = [row("euler", 1), row("euler", 2, skip=6)]
    apart = [row("euler", 1), row("euler", 2, skip=6)]
    # The second ends first; the first has its scheduler's own step from then on.
    for mixed, own in zip(
        walk(together, Updates(fused=True)), walk(apart, Updates(fused=False)), strict=True
    ):
        assert (mixed - own).abs().max() <= 1e-5 * own.abs().max()


def test_flow_matching_shares_it_too() -> None:
    def rows() -> list[PlainRow]:
        made = []
        for seed, steps in ((1, 4), (2, 7)):
            scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
            scheduler.set_timesteps(steps)
            latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(seed))
            made.append(PlainRow(scheduler, scheduler.timesteps, latents))
        return made

    assert all(is_affine(one) for one in rows())
    own, fused = walk(rows(), Updates(fused=False)), walk(rows(), Updates(fused=True))
    for alone, together in zip(own, fused, strict=True):
        assert (alone - together).abs().max() <= 1e-5 * alone.abs().max()


def test_a_row_is_untouched_until_its_turn() -> None:
    rows = [row("ddim", 1), row("ddim", 2)]
    outputs = [torch.zeros_like(r.latents) for r in rows]
    expected = own_step(row("ddim", 1), outputs[0])
    turns = Updates(fused=False).apply(rows, outputs)
    assert torch.equal(next(turns), expected)
    assert rows[1].step == 0
