"""Whether a job gets what the stock pipeline gives, alone and in company."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionInpaintPipeline, StableDiffusionPipeline
from PIL import Image
from safetensors.torch import load

from engine.bench import architectures
from engine.bench.jobs import PROMPTS, ROW, Photos, attempt, core_of, png, run, stock, stock_call
from engine.bench.report import Measures
from engine.bench.settings import BenchSettings
from engine.checkpoints import SCHEDULERS, Checkpoint, find_checkpoint
from engine.encoding import decode_picture
from engine.events import Cancelled, Done
from engine.families.loading import load_pipeline
from engine.params import Attempt

STEPS = 8
TASKS = (("img2img", "img2img"), ("inpaint", "inpaint"), ("text2img", "text_to_image"))
TASKS = (("img2img", "img2img"), ("inpaint", "inpaint"), ("text2img", "text_to_image"))
COMPANY = ("ddim", "euler", "lcm", "dpmpp_2m", "unipc", "euler_ancestral")


def measure(settings: BenchSettings, measures: Measures) -> int:
    """Solo against stock for every sampler and task; then a mixed batch against solo."""
    side = 64 if settings.quick else 128
    schedulers = SCHEDULERS[:2] if settings.quick else SCHEDULERS
    row, photos = find_checkpoint("embedded"), Photos(settings.photos)
    pipeline = load_pipeline(row, "cpu")
    pipeline.set_progress_bar_config(disable=True)
    # diffusers' inpainting takes no checkpoint of twelve latent channels, which is what ships.
    four_channels = architectures.pipeline("sd15", quick=True)
    for task, name in TASKS:
        by, of = (four_channels, ROW) if task == "inpaint" else (pipeline, row)
        worst = max(
            _apart_from_stock(by, of, task, scheduler, photos.picture(at, side))
            for at, scheduler in enumerate(schedulers)
        )
        measures.figure(f"solo_{name}_max_abs_diff", worst, at_most=0.0)
    measures.figure("schedulers", len(schedulers))
    relative, levels = _in_company(pipeline, row, photos, side)
    measures.figure("batched_relative_diff", relative, at_most=1e-5)
    measures.figure("batched_uint8_levels", levels, at_most=1)
    return 1


def _apart_from_stock(
    pipeline: Any, row: Checkpoint, task: str, scheduler: str, source: Image.Image
) -> float:
    """Largest difference of final latents between the loop and the stock pipeline."""
    side = source.width
    mask = Image.new("L", source.size, 0)
    mask.paste(255, (side // 4, side // 4, side, side))
    brought = {"mask": png(mask)} if task == "inpaint" else {}
    asked = attempt(
        task,
        None if task == "text2img" else source,
        side,
        scheduler=scheduler,
        num_inference_steps=STEPS,
        guidance_scale=2.0,
        negative_prompt="grey",
        seed=17,
        **brought,
    )
    done = run(core_of(pipeline, row=row), [asked])[task]
    return float((_latents(done) - _stock_latents(pipeline, task, asked, source, mask)).abs().max())


def _stock_latents(
    pipeline: Any, task: str, asked: Attempt, source: Image.Image, mask: Image.Image
) -> torch.Tensor:
    side = source.width
    if task == "img2img":
        latents = stock(pipeline, source, asked.params, output_type="latent")
    elif task == "inpaint":
        latents = stock_call(
            StableDiffusionInpaintPipeline(**pipeline.components, requires_safety_checker=False),
            asked.params,
            image=source,
            mask_image=mask,
            strength=asked.params.strength,
            width=side,
            height=side,
            output_type="latent",
        )
    else:
        latents = stock_call(
            StableDiffusionPipeline(**pipeline.components, requires_safety_checker=False),
            asked.params,
            width=side,
            height=side,
            output_type="latent",
        )
    assert isinstance(latents, torch.Tensor)
    return latents.reshape(-1)


def _in_company(pipeline: Any, row: Checkpoint, photos: Photos, side: int) -> tuple[float, float]:
    """Relative and uint8 difference of jobs that shared calls, one of them cancelled, to solo."""
    mixed = [
        attempt(
            f"{at}",
            photos.picture(at, side),
            side,
            scheduler=scheduler,
            prompt=PROMPTS[at % len(PROMPTS)],
            num_inference_steps=(4, 6, 8, 12)[at % 4],
            strength=(0.3, 0.6, 0.9, 1.0)[at % 4],
            guidance_scale=(1.0, 2.0, 7.5)[at % 3],
            seed=100 + at,
        )
        for at, scheduler in enumerate(COMPANY)
    ]
    core = core_of(pipeline, row=row, rows=12)
    together = _with_one_cancelled(core, mixed, cancelled=mixed[2].key)
    relative, levels = 0.0, 0.0
    for asked in mixed:
        if asked.key not in together:
            continue
        alone, batched = run(core, [asked])[asked.key], together[asked.key]
        apart = (_latents(alone) - _latents(batched)).abs().max() / _latents(alone).abs().max()
        relative = max(relative, float(apart))
        levels = max(levels, float(np.abs(_pixels(alone) - _pixels(batched)).max()))
    return relative, levels


def _with_one_cancelled(core: Any, mixed: Sequence[Attempt], cancelled: str) -> dict[str, Done]:
    for one in mixed:
        core.submit(one)
    turns, ended = 0, {}
    while core.has_work:
        turns += 1
        if turns == len(mixed):
            core.cancel(cancelled)
        for event in core.step():
            ended[event.key] = event
    if not isinstance(ended.pop(cancelled), Cancelled):
        raise TypeError("the benchmark's cancelled job was over too early")
    assert all(isinstance(event, Done) for event in ended.values())
    return ended


def _latents(done: Done) -> torch.Tensor:
    latents: torch.Tensor = load(done.latents)["latents"]
    return latents.reshape(-1)


def _pixels(done: Done) -> Any:
    return np.asarray(decode_picture(done.image, "result")).astype(np.int16)
