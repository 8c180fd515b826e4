"""Any architecture with an adapter, step by step: many jobs, one denoiser call.

The order of random draws (VAE sample, noise, then each step's noise) and every formula are those of
the stock pipelines, so that a job alone in the loop gives bit for bit what they give.
"""

import inspect
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import torch
from diffusers.utils.torch_utils import randn_tensor
from PIL import Image

from engine.acceleration.recent import Recent
from engine.acceleration.updates import Updates
from engine.errors import NotFinite
from engine.families import latents as packing
from engine.families.adapter import Adapter, Conditions, Embedding
from engine.families.autoencoder import Autoencoder
from engine.families.base import Inputs
from engine.families.masking import Kept, latent_mask
from engine.families.memory import Savings
from engine.families.preview import Previewer
from engine.families.safety import SafetyCheck
from engine.families.schedulers import noised, scheduler_for
from engine.params import RestyleParams

CUT_NOTE = "The prompt was longer than the checkpoint reads; its end was left out."


@dataclass(slots=True, kw_only=True)
class StepRow:
    """One job's latents, shape (1, channels, height, width), and all that moves them on.

    Attributes:
        conditions: What the denoiser is told, one entry for each latent of the job in a call: with
            classifier-free guidance the one without the prompt first.
        kept: What a masked job must not change.
    """

    params: RestyleParams
    scheduler: Any
    timesteps: torch.Tensor
    latents: torch.Tensor
    conditions: tuple[Conditions, ...]
    step_kwargs: dict[str, Any]
    kept: Kept | None = None
    notes: tuple[str, ...] = ()
    step: int = 0
    total: int = field(init=False)

    def __post_init__(self) -> None:
        """The schedule tells how many steps there are."""
        self.total = len(self.timesteps)


class StepwiseFamily:
    """Runs rows of one loaded checkpoint.

    Args:
        prompt_cache: How many prompts' embeddings are kept.
        fused_update: Move the rows of a call on together where their samplers allow it.
    """

    def __init__(
        self, adapter: Adapter, *, prompt_cache: int = 64, fused_update: bool = False
    ) -> None:
        pipe = adapter.pipeline
        self.adapter = adapter
        self._scheduler = pipe.scheduler
        self._device = pipe._execution_device
        self._dtype: torch.dtype = adapter.denoiser.dtype
        self.device = str(self._device)
        self.autoencoder = Autoencoder(
            pipe.vae, pipe.image_processor, device=self._device, dtype=self._dtype
        )
        self._space = packing.space_of(pipe.vae)
        # Set by whoever loads the checkpoint, where it brings one.
        self.safety: SafetyCheck | None = None
        self._previewer = Previewer(self.autoencoder)
        self._prompts: Recent[str, Embedding] = Recent(prompt_cache)
        self._updates = Updates(fused=fused_update)
        self._savings = Savings(pipe.vae, adapter.denoiser)

    def begin(self, inputs: Inputs) -> StepRow:
        """See ``Family.begin``."""
        params = inputs.params
        conditions, notes = self._read(params)
        # One generator on the CPU: the same seed draws the same noise on every device.
        generator = torch.Generator("cpu").manual_seed(params.seed)
        with self._own_scheduler(params.scheduler) as scheduler:
            self.adapter.set_timesteps(scheduler, params)
            timesteps, _ = self.adapter.pipeline.get_timesteps(
                params.num_inference_steps, params.strength, self._device
            )
            latents, kept = self._start(inputs, timesteps[:1], generator, scheduler)
        return StepRow(
            params=params,
            scheduler=scheduler,
            timesteps=timesteps,
            latents=latents,
            conditions=conditions,
            step_kwargs=_step_kwargs(scheduler, generator),
            kept=kept,
            notes=notes,
        )

    def batch_key(self, row: StepRow) -> Hashable:
        """Shapes and precision; one checkpoint with one set of LoRAs is given by the family."""
        told = tuple((name, value.shape, value.dtype) for name, value in row.conditions[0].items())
        return row.latents.shape, row.latents.dtype, told

    def cost(self, row: StepRow) -> int:
        """Two with classifier-free guidance, else one."""
        return len(row.conditions)

    def advance(self, rows: Sequence[StepRow]) -> None:
        """One denoiser call over all rows, then each row's scheduler step."""
        samples: list[torch.Tensor] = []
        times: list[torch.Tensor] = []
        told: list[Conditions] = []
        for row in rows:
            t, count = row.timesteps[row.step], self.cost(row)
            sample = row.latents
            if hasattr(row.scheduler, "scale_model_input"):
                sample = row.scheduler.scale_model_input(sample, t)
            samples += [sample] * count
            times += [t.to(torch.float32)] * count
            told += row.conditions
        predictions = self.adapter.denoise(
            torch.cat(samples),
            torch.stack(times),
            {name: torch.cat([one[name] for one in told]) for name in told[0]},
        )
        guided, at = [], 0
        for row in rows:
            guided.append(_guided(row, predictions[at : at + self.cost(row)]))
            at += self.cost(row)
        for row, latents in zip(rows, self._updates.apply(rows, guided), strict=True):
            row.latents = latents
            row.step += 1
            if row.kept is not None:
                left = row.timesteps[row.step :]
                row.latents = row.kept.put_back(row.latents, row.scheduler, left)

    def preview(self, row: StepRow) -> Image.Image:
        """See ``Family.preview``: at a small part of a step's cost."""
        return self._previewer.picture(row.latents)

    def finish(self, row: StepRow) -> tuple[Image.Image, bytes]:
        """See ``Family.finish``; raises ``NotFinite``."""
        if not bool(row.latents.isfinite().all()):
            raise NotFinite("The picture dissolved into noise; another strength or seed may help.")
        return self.autoencoder.decode(row.latents), packing.pack(row.latents, self._space)

    def flagged(self, image: Image.Image) -> bool | None:
        """See ``Family.flagged``."""
        return None if self.safety is None else self.safety.flagged(image)

    def discard(self, row: StepRow) -> None:
        """A row holds nothing but tensors."""

    def measure(self, rows: int, width: int, height: int) -> float:
        """See ``Family.measure``."""
        params = RestyleParams(prompt="", strength=1.0, seed=0, width=width, height=height)
        with torch.inference_mode():
            told = self.adapter.conditions(params, self._embedded(""))
            shape = self.adapter.latent_shape(width, height)
            sample = self._draw(shape, torch.Generator("cpu").manual_seed(0))
            time = torch.full((rows,), 500.0, device=self._device)
            began = perf_counter()
            self.adapter.denoise(
                torch.cat([sample] * rows),
                time,
                {name: torch.cat([value] * rows) for name, value in told.items()},
            )
            if self._device.type != "cpu":
                torch.accelerator.synchronize(self._device)
        return perf_counter() - began

    def save_memory(self) -> bool:
        """See ``Family.save_memory``: the VAE works in tiles, then attention in slices."""
        return self._savings.next()

    def _read(self, params: RestyleParams) -> tuple[tuple[Conditions, ...], tuple[str, ...]]:
        prompts = [params.prompt]
        if self.adapter.guided(params.guidance_scale or 0.0):
            prompts.insert(0, params.negative_prompt)
        embedded = [self._embedded(prompt) for prompt in prompts]
        conditions = tuple(self.adapter.conditions(params, one) for one in embedded)
        return conditions, (CUT_NOTE,) if any(one.cut for one in embedded) else ()

    def _embedded(self, prompt: str) -> Embedding:
        return self._prompts.get(prompt, lambda: self.adapter.embed(prompt))

    @contextmanager
    def _own_scheduler(self, name: str | None) -> Iterator[Any]:
        """A scheduler for one job, in the pipeline's place while its methods are called."""
        scheduler = scheduler_for(name, self._scheduler)
        self.adapter.pipeline.scheduler = scheduler
        try:
            yield scheduler
        finally:
            self.adapter.pipeline.scheduler = self._scheduler

    def _start(
        self, inputs: Inputs, timestep: torch.Tensor, generator: torch.Generator, scheduler: Any
    ) -> tuple[torch.Tensor, Kept | None]:
        """The first step's latents, and what a mask keeps."""
        params = inputs.params
        shape = self.adapter.latent_shape(params.width, params.height)
        clean = self._clean(inputs, shape, generator)
        noise = self._draw(shape, generator)
        pure = noise * getattr(scheduler, "init_noise_sigma", 1.0)
        if clean is None:
            return pure, None
        if inputs.mask is None:
            return noised(scheduler, clean, noise, timestep), None
        # Rows in another memory order round otherwise; this one is the stock pipelines'.
        clean = clean.contiguous()
        if not self.autoencoder.tiny:
            # Stock pipelines encode the masked picture as well, for denoisers that look at it; for
            # others nothing of that is used but the numbers that its sampling draws.
            self._draw(shape, generator)
        mask = latent_mask(inputs.mask, (shape[2], shape[3])).to(self._device, self._dtype)
        latents = pure if params.strength == 1.0 else noised(scheduler, clean, noise, timestep)
        return latents, Kept(mask=mask, clean=clean, noise=noise)

    def _clean(
        self, inputs: Inputs, shape: tuple[int, ...], generator: torch.Generator
    ) -> torch.Tensor | None:
        """The source's latents without noise: kept ones where they fit, else encoded."""
        if inputs.source is None:
            return None
        if inputs.source_latents is not None:
            known = packing.unpack(inputs.source_latents, shape, self._space)
            if known is not None:
                return known.to(self._device, self._dtype)
        return self.autoencoder.encode(inputs.source, generator)

    def _draw(self, shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
        return randn_tensor(  # type: ignore[no-any-return]  # diffusers has no types
            shape, generator=generator, device=self._device, dtype=self._dtype
        )


def _step_kwargs(scheduler: Any, generator: torch.Generator) -> dict[str, Any]:
    known = inspect.signature(scheduler.step).parameters
    offered = {"eta": 0.0, "generator": generator}
    return {name: value for name, value in offered.items() if name in known}


def _guided(row: StepRow, prediction: torch.Tensor) -> torch.Tensor:
    """One prediction of the row's predictions, (1 or 2, channels, height, width)."""
    if len(row.conditions) == 1:
        return prediction
    unconditional, conditional = prediction.chunk(2)
    guidance = row.params.guidance_scale or 0.0
    return unconditional + guidance * (conditional - unconditional)
