"""Jobs as benchmarks hand them in: the same few photographs, parameters of every kind."""

import io
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageOps

from engine.checkpoints import Checkpoint
from engine.core import EngineCore
from engine.core.profile import Profile, measure_profile
from engine.events import Done, Terminal
from engine.families.schedulers import scheduler_for
from engine.families.sd import SdAdapter
from engine.families.stepwise import StepwiseFamily
from engine.params import Attempt, RestyleParams

ROW = Checkpoint(
    name="bench", source="random", family="sd", num_inference_steps=8, guidance_scale=1.0
)
PROMPTS = ("an oil painting", "snow at night, neon lights", "a pencil drawing", "anime", "", "fog")
SHARED_ROWS = 8

Changes = dict[str, Any]


class Photos:
    """Photographs from a folder, or one drawn by a formula where there is none."""

    def __init__(self, folder: Path | None) -> None:
        self._paths = [] if folder is None else sorted(folder.glob("*.jpg"))

    def picture(self, at: int, side: int) -> Image.Image:
        """The photograph of that number, cut to a square of ``side`` pixels."""
        if not self._paths:
            drawn = Image.effect_mandelbrot((side, side), (-2.0, -1.5, 1.0, 1.5), 40)
            return drawn.convert("RGB")
        with Image.open(self._paths[at % len(self._paths)]) as image:
            return ImageOps.fit(image.convert("RGB"), (side, side), Image.Resampling.LANCZOS)


def lossless(image: Image.Image) -> bytes:
    """The file as intake hands it to the engine."""
    out = io.BytesIO()
    image.save(out, "WEBP", lossless=True, method=0, quality=0)
    return out.getvalue()


def attempt(key: str, source: Image.Image | None, side: int, **changes: Any) -> Attempt:
    """A job of ``side`` × ``side`` pixels."""
    values: Changes = {"prompt": PROMPTS[0], "strength": 0.6, "seed": 1, "guidance_scale": 1.0}
    brought = {name: changes.pop(name) for name in ("source_latents", "mask") if name in changes}
    params = RestyleParams(width=side, height=side, **(values | changes))
    encoded = None if source is None else lossless(source)
    return Attempt(key=key, params=params, source=encoded, **brought)


def family_of(pipeline: Any, **options: Any) -> StepwiseFamily:
    """A family over a Stable Diffusion pipeline."""
    return StepwiseFamily(SdAdapter(pipeline), **options)


def core_of(
    pipeline: Any,
    *,
    row: Checkpoint = ROW,
    rows: int = SHARED_ROWS,
    profile: Profile | None = None,
) -> EngineCore:
    """A loop of its own over the pipeline."""
    return EngineCore(family_of(pipeline), row, max_rows=rows, profile=profile)


def profile_of(pipeline: Any, side: int) -> Profile:
    """What steps of ``side`` × ``side`` pixels cost, as an engine measures it at its start."""
    family = family_of(pipeline)
    return measure_profile(
        lambda rows: family.measure(rows, side, side), pixels=side * side, most=SHARED_ROWS
    )


def run(core: EngineCore, attempts: Sequence[Attempt]) -> dict[str, Done]:
    """Hand all in at once and wait for the last; raises if one did not end well."""
    for one in attempts:
        core.submit(one)
    done = {}
    while core.has_work:
        for event in core.step():
            if isinstance(event, Terminal):
                if not isinstance(event, Done):
                    raise TypeError(f"a benchmark job ended with {event}")
                done[event.key] = event
    return done


def run_in_turn(core: EngineCore, attempts: Sequence[Attempt]) -> dict[str, Done]:
    """Hand each in when the one before has ended."""
    return {key: done for one in attempts for key, done in run(core, [one]).items()}


def stock(pipeline: Any, source: Image.Image, asked: RestyleParams, **more: Any) -> Any:
    """What diffusers' own img2img pipeline makes of the same: a picture, or what ``more`` asks."""
    return stock_call(pipeline, asked, image=source, strength=asked.strength, **more)


def stock_call(pipeline: Any, asked: RestyleParams, **more: Any) -> Any:
    """One call of any stock pipeline with the job's own sampler, and its first result."""
    before = pipeline.scheduler
    pipeline.scheduler = scheduler_for(asked.scheduler, before)
    try:
        return pipeline(
            prompt=asked.prompt,
            negative_prompt=asked.negative_prompt,
            num_inference_steps=asked.num_inference_steps,
            guidance_scale=asked.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(asked.seed),
            **more,
        ).images[0]
    finally:
        pipeline.scheduler = before


def png(image: Image.Image) -> bytes:
    """A file as ``image.save("result.png")`` writes it."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def seconds(work: Any) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
