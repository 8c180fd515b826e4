"""The scheduler updates of all rows of a call, in one expression where that is the same.

A sampler without memory moves a row on by x' = A·x + B·model_output + C·noise, with numbers that
its schedule alone fixes. So the rows of a call can be moved on together, each with its own numbers,
in place of a dozen small operations a row. The numbers are read off the scheduler itself, by giving
it unit vectors, so that they hold for any noise schedule and prediction type of the class.
"""

import copy
from collections.abc import Iterator, Sequence
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import torch
from diffusers import (
    DDIMScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    LCMScheduler,
)
from diffusers.utils.torch_utils import randn_tensor

from engine.acceleration.recent import Recent

_WITHOUT_MEMORY = (
    DDIMScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    LCMScheduler,
)
_PROBE_SEED = 0
_TABLES_KEPT = 64


class SteppedRow(Protocol):
    """What of a row has a part in its update; ``step_kwargs`` go to the scheduler's own step."""

    scheduler: Any
    timesteps: torch.Tensor
    latents: torch.Tensor
    step: int
    step_kwargs: dict[str, Any]


class Updates:
    """Moves rows on, together where ``fused`` and possible."""

    def __init__(self, *, fused: bool) -> None:
        self._fused = fused
        self._tables: Recent[Any, torch.Tensor] = Recent(_TABLES_KEPT)
        self._of_scheduler: WeakKeyDictionary[Any, torch.Tensor] = WeakKeyDictionary()

    def apply(
        self, rows: Sequence[SteppedRow], outputs: Sequence[torch.Tensor]
    ) -> Iterator[torch.Tensor]:
        """The next latents of each row in turn; a row is untouched until its turn.

        ``outputs`` are the model's, after guidance, each of its row's latents' shape. A row alone
        takes its scheduler's own step, to the bit; together they agree with it but for rounding.
        """
        alike = [row for row in rows if self._fused and is_affine(row)]
        together = self._together(rows, outputs) if len(alike) == len(rows) > 1 else None
        for at, (row, output) in enumerate(zip(rows, outputs, strict=True)):
            if together is None:
                yield own_step(row, output)
            else:
                _count_step(row)
                yield together[at : at + 1]

    def _together(
        self, rows: Sequence[SteppedRow], outputs: Sequence[torch.Tensor]
    ) -> torch.Tensor:
        latents, output = torch.cat([row.latents for row in rows]), torch.cat(list(outputs))
        numbers = torch.stack([self._numbers(row) for row in rows])
        noise = _noises(rows, numbers[:, 2])
        shape = (len(rows), *[1] * (latents.ndim - 1))
        keep, add, stir = (n.to(latents.device).view(shape) for n in numbers.unbind(1))
        moved = torch.addcmul(keep * latents, add, output)
        if noise is not None:
            moved = torch.addcmul(moved, stir, noise)
        return moved.to(latents.dtype)

    def _numbers(self, row: SteppedRow) -> torch.Tensor:
        table = self._of_scheduler.get(row.scheduler)
        if table is None:
            key = (type(row.scheduler), str(row.scheduler.config), tuple(row.timesteps.tolist()))
            table = self._tables.get(key, lambda: coefficients(row))
            self._of_scheduler[row.scheduler] = table
        return table[row.step]


def own_step(row: SteppedRow, output: torch.Tensor) -> torch.Tensor:
    """The row's next latents by its scheduler's own step."""
    moved: torch.Tensor = row.scheduler.step(
        output, row.timesteps[row.step], row.latents, **row.step_kwargs, return_dict=False
    )[0]
    return moved


def is_affine(row: SteppedRow) -> bool:
    """Whether the row's sampler is without memory, and clips or samples nothing between."""
    config = row.scheduler.config
    otherwise = ("thresholding", "clip_sample", "stochastic_sampling")
    if any(config.get(option, False) for option in otherwise):
        return False
    return type(row.scheduler) in _WITHOUT_MEMORY


def coefficients(row: SteppedRow) -> torch.Tensor:
    """A, B and C of each of the row's steps, shape (total, 3), float32."""
    scheduler = copy.deepcopy(row.scheduler)
    if hasattr(scheduler, "_step_index"):
        scheduler._step_index = None
    return torch.stack([_probe(scheduler, t, row.step_kwargs) for t in row.timesteps])


def _probe(scheduler: Any, timestep: torch.Tensor, step_kwargs: dict[str, Any]) -> torch.Tensor:
    latents, output = torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0])
    generator = torch.Generator("cpu").manual_seed(_PROBE_SEED)
    noise = randn_tensor(latents.shape, generator=generator)
    generator.manual_seed(_PROBE_SEED)
    device = timestep.device
    if hasattr(scheduler, "scale_model_input"):
        scheduler.scale_model_input(latents.to(device), timestep)
    kwargs = step_kwargs | ({"generator": generator} if "generator" in step_kwargs else {})
    moved = scheduler.step(
        output.to(device), timestep, latents.to(device), **kwargs, return_dict=False
    )[0].cpu()
    # The third number is noise alone, which the other two have a share of as well.
    stir = moved[2] / noise[2]
    return torch.stack([moved[0] - stir * noise[0], moved[1] - stir * noise[1], stir])


def _noises(rows: Sequence[SteppedRow], stirs: torch.Tensor) -> torch.Tensor | None:
    """What the rows' own steps would draw: nothing where a step has no noise."""
    if not bool(stirs.any()):
        return None
    drawn = []
    for row, stir in zip(rows, stirs.tolist(), strict=True):
        latents, generator = row.latents, row.step_kwargs.get("generator")
        drawn.append(
            randn_tensor(latents.shape, generator, latents.device, latents.dtype)
            if stir
            else torch.zeros_like(latents)
        )
    return torch.cat(drawn)


def _count_step(row: SteppedRow) -> None:
    """Let the scheduler know that a step was taken, as its own step would."""
    scheduler = row.scheduler
    if not hasattr(scheduler, "_step_index"):
        return
    if scheduler._step_index is None:
        scheduler._init_step_index(row.timesteps[row.step])
    scheduler._step_index += 1
