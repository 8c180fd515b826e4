"""A one-step job of SD-Turbo: the tiny autoencoder, and what else there is to save."""

import copy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine.acceleration import accelerate
from engine.acceleration.openvino import run_on_openvino
from engine.bench import architectures
from engine.bench.backends import quickest_backend
from engine.bench.jobs import ROW, Photos, attempt, core_of, png, run, stock
from engine.bench.report import Measures
from engine.bench.settings import BenchSettings
from engine.bench.timing import Times, interleaved, median, ratio
from engine.encoding import decode_picture
from engine.params import Attempt

SIDE = 512
JOB = {"strength": 1.0, "num_inference_steps": 1, "guidance_scale": 0.0}


def measure(settings: BenchSettings, measures: Measures) -> int:
    """Whole jobs, picture in and file out; the source is new each time, the prompt is not."""
    rounds, side = settings.rounds_or(3), 64 if settings.quick else SIDE
    photos = Photos(settings.photos)
    kl = architectures.pipeline("sd-turbo", quick=settings.quick)
    tiny = architectures.pipeline("sd-turbo", autoencoder="tiny", quick=settings.quick)
    # The UNet is large: one is enough.
    kl.unet, kl.text_encoder = tiny.unet, tiny.text_encoder
    runs: dict[str, Any] = {
        "stock_kl": _Stock(kl, photos, side),
        "stock_tiny": _Stock(tiny, photos, side),
    }
    with TemporaryDirectory() as folder:
        for backend in dict.fromkeys(("torch", "openvino", quickest_backend())):
            runs[backend] = _Engine(_served_by(tiny, backend, Path(folder)), photos, side)
        times = interleaved(runs, rounds)
    _tell(measures, times)
    return rounds


def _served_by(pipeline: Any, backend: str, folder: Path) -> Any:
    served = copy_of(pipeline)
    accelerate(served, ROW)
    if backend != "torch":
        run_on_openvino(served, backend, folder, keep_weights=True)
    return served


def _tell(measures: Measures, times: Times) -> None:
    best = quickest_backend()
    measures.figure("vs_stock", ratio(times, "stock_kl", best), at_least=4.0)
    measures.figure("vs_stock_tiny", ratio(times, "stock_tiny", best), at_least=1.15)
    for backend in ("torch", "openvino"):
        measures.figure(f"{backend}_vs_stock", ratio(times, "stock_kl", backend))
        measures.figure(f"{backend}_vs_stock_tiny", ratio(times, "stock_tiny", backend))
    for name, seconds in times.items():
        measures.figure(f"{name.replace('-', '_')}_seconds", median(seconds))
    measures.notes.append(
        f"The engine's checkpoint row says tiny_vae and, on this CPU, backend = {best!r}; torch_… "
        "and openvino_… are the figures of those backends, in float32."
    )


class _Stock:
    """Runs one job a call through the stock pipeline, each on a source of its own."""

    def __init__(self, pipeline: Any, photos: Photos, side: int) -> None:
        self._pipeline, self._sources = pipeline, _Sources(photos, side)

    def __call__(self) -> None:
        """From a file's bytes to a file's bytes."""
        asked = self._sources.next()
        png(stock(self._pipeline, decode_picture(asked.source or b"", "source"), asked.params))


class _Engine:
    """Runs one job a call through the loop, each on a source of its own."""

    def __init__(self, pipeline: Any, photos: Photos, side: int) -> None:
        self._core, self._sources = core_of(pipeline), _Sources(photos, side)

    def __call__(self) -> None:
        """From a file's bytes to a file's bytes."""
        run(self._core, [self._sources.next()])


class _Sources:
    """Jobs whose source was never seen before."""

    def __init__(self, photos: Photos, side: int) -> None:
        self._photos, self._side, self._given = photos, side, 0

    def next(self) -> Attempt:
        """The next one; only its source differs from the last."""
        self._given += 1
        source = self._photos.picture(self._given, self._side)
        source.putpixel((0, 0), (self._given % 256, 0, 0))
        return attempt(f"{self._given}", source, self._side, **JOB)


def copy_of(pipeline: Any) -> Any:
    """A pipeline with the same weights, whose modules can be changed by themselves."""
    modules = {
        name: copy.copy(part) if name in ("vae", "unet") else part
        for name, part in pipeline.components.items()
    }
    copied = type(pipeline)(**modules, requires_safety_checker=False)
    copied.set_progress_bar_config(disable=True)
    return copied
