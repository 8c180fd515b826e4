"""What mixed jobs gain by sharing denoiser calls."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from engine.acceleration.openvino import run_on_openvino
from engine.acceleration.updates import Updates
from engine.bench import architectures
from engine.bench.backends import quickest_backend
from engine.bench.jobs import (
    PROMPTS,
    SHARED_ROWS,
    Photos,
    attempt,
    core_of,
    family_of,
    profile_of,
    run,
    run_in_turn,
    stock,
)
from engine.bench.report import Measures
from engine.bench.settings import BenchSettings
from engine.bench.timing import interleaved, median, ratio
from engine.bench.turbo import copy_of
from engine.bench.updates import Walk
from engine.checkpoints import find_checkpoint
from engine.core import EngineCore
from engine.core.profile import Profile
from engine.encoding import decode_picture, encode_result
from engine.families.loading import load_pipeline
from engine.params import Attempt

# Side in pixels: the bar, and how many rounds a machine without a GPU has the time for.
FULL_SIZE = {128: (1.5, 3), 256: (1.3, 1), 512: (0.97, 1)}
EMBEDDED_SIDE = 256
EMBEDDED_BAR = 1.5
# Steps of each job. One of 512 × 512 pixels takes a CPU core ten seconds and more.
FEW_STEPS = (3, 4, 2, 3, 4, 2)
SLOW_STEPS = (1, 1, 2, 1, 1, 1)
EMBEDDED_STEPS = (6, 8, 4, 7, 5, 8, 3, 6)
SAMPLERS = ("ddim", "euler", "lcm", "dpmpp_2m", "unipc", "euler_ancestral", "pndm", None)
CURVE_ROWS = (1, 2, 4, 8)


def measure(settings: BenchSettings, measures: Measures) -> int:
    """The full-size UNet by size of picture, then the checkpoint that ships, then the parts."""
    photos = Photos(settings.photos)
    _embedded(settings, measures, photos)
    _curve(settings, measures)
    full = architectures.pipeline("sd15", autoencoder="tiny", quick=settings.quick)
    # At the size that Stable Diffusion 1.5 has in the table, as the engine does at its start.
    profile = profile_of(full, 64 if settings.quick else max(FULL_SIZE))
    for side, (bar, usual) in FULL_SIZE.items():
        rounds = settings.rounds_or(usual)
        work = FullSize(full, profile, 64 if settings.quick else side, side)
        _full_size(measures, work, photos, bar, rounds)
    return settings.rounds_or(max(rounds for _, rounds in FULL_SIZE.values()))


def mixed(photos: Photos, side: int, steps: Sequence[int]) -> list[Attempt]:
    """Jobs that differ in everything that jobs may differ in; each runs so many steps.

    One in four has guidance, which is two latents a call.
    """
    strengths = (0.5, 0.75, 1.0)
    return [
        attempt(
            f"{at}",
            photos.picture(at, side),
            side,
            prompt=PROMPTS[at % len(PROMPTS)],
            scheduler=SAMPLERS[at % len(SAMPLERS)],
            strength=strengths[at % 3],
            num_inference_steps=math.ceil(wanted / strengths[at % 3]),
            guidance_scale=3.0 if at % 4 == 3 else 1.0,
            seed=at,
        )
        for at, wanted in enumerate(steps)
    ]


@dataclass(frozen=True, slots=True)
class FullSize:
    """A pipeline and its profile, the side that is run, and the side that it stands for."""

    pipeline: Any
    profile: Profile
    side: int
    shown: int


def _full_size(measures: Measures, work: FullSize, photos: Photos, bar: float, rounds: int) -> None:
    shown, side = work.shown, work.side
    jobs = mixed(photos, side, SLOW_STEPS if shown == 512 else FEW_STEPS)
    cores = [core_of(work.pipeline, profile=work.profile) for _ in range(2)]
    times = interleaved(
        {
            "in_turn": lambda: run_in_turn(cores[0], jobs),
            "together": lambda: run(cores[1], jobs),
        },
        rounds,
        warm_ups=1 if shown == 128 else 0,
    )
    measures.figure(f"sd15_{shown}_gain", ratio(times, "in_turn", "together"), at_least=bar)
    measures.figure(f"sd15_{shown}_in_turn_seconds", median(times["in_turn"]))
    measures.figure(f"sd15_{shown}_together_seconds", median(times["together"]))


def _embedded(settings: BenchSettings, measures: Measures, photos: Photos) -> None:
    row = find_checkpoint("embedded")
    pipeline, plain = load_pipeline(row, "cpu"), load_pipeline(row, "cpu")
    plain.set_progress_bar_config(disable=True)
    side = 64 if settings.quick else EMBEDDED_SIDE
    jobs = mixed(photos, side, EMBEDDED_STEPS)
    sources = [decode_picture(job.source or b"", "source") for job in jobs]

    def by_stock() -> None:
        # The engine's own file format: what is gained there is another benchmark's.
        for job, source in zip(jobs, sources, strict=True):
            encode_result(stock(plain, source, job.params))

    best = quickest_backend()
    runs: dict[str, Any] = {"stock": by_stock}
    with TemporaryDirectory() as folder:
        for backend in ("torch", best):
            core = _core_on(pipeline, backend, Path(folder), side)
            runs[backend] = partial(run, core, jobs)
        times = interleaved(runs, settings.rounds_or(3))
    measures.figure("embedded_gain", ratio(times, "stock", best), at_least=EMBEDDED_BAR)
    measures.figure("embedded_torch_gain", ratio(times, "stock", "torch"))
    for name, seconds in times.items():
        measures.figure(f"embedded_{name.replace('-', '_')}_seconds", median(seconds))
    measures.notes.append(
        f"embedded_gain is with backend = {best!r} in the checkpoint's row, embedded_torch_gain "
        "without; the UNet of Stable Diffusion 1.5 runs in torch."
    )


def _core_on(pipeline: Any, backend: str, folder: Path, side: int) -> EngineCore:
    """A loop over the checkpoint that ships; nothing is kept from one round to the next.

    So what is gained is gained by sharing calls and by the backend.
    """
    served = copy_of(pipeline)
    if backend != "torch":
        run_on_openvino(served, backend, folder, keep_weights=True)
    return EngineCore(
        family_of(served, prompt_cache=0),
        find_checkpoint("embedded"),
        max_rows=SHARED_ROWS,
        profile=profile_of(served, side),
    )


def _curve(settings: BenchSettings, measures: Measures) -> None:
    """Seconds of one call of the embedded UNet by rows, for each row: what the plot shows."""
    row = find_checkpoint("embedded")
    unet = load_pipeline(row, "cpu").unet
    for side in (64,) if settings.quick else (64, 128, 256):
        calls = {f"{rows}": _call(unet, rows, side // 4) for rows in CURVE_ROWS}
        with torch.inference_mode():
            times = interleaved(calls, settings.rounds_or(5))
        for rows in CURVE_ROWS:
            gain = rows * ratio(times, "1", f"{rows}")
            measures.figure(f"embedded_curve_{side}_{rows}_rows_gain", gain)
    measures.figure("fused_update_speed_up", _fused(settings.rounds_or(30)))


def _call(unet: Any, rows: int, side: int) -> Any:
    samples = torch.randn(rows, unet.config.in_channels, side, side)
    embeds = torch.randn(rows, 64, unet.config.cross_attention_dim)
    times = torch.full((rows,), 500.0)
    return lambda: unet(samples, times, encoder_hidden_states=embeds, return_dict=False)


def _fused(rounds: int) -> float:
    """How much sooner eight rows are moved on by one expression than by their schedulers."""
    walks = {name: Walk(Updates(fused=name == "fused")) for name in ("own", "fused")}
    times = interleaved({name: walk.step for name, walk in walks.items()}, rounds)
    return ratio(times, "own", "fused")
