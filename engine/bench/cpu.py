"""The UNet of Stable Diffusion 1.5 on a CPU: torch as it is, and OpenVINO in each precision."""

import copy
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from engine.acceleration.openvino import run_on_openvino
from engine.bench import architectures
from engine.bench.backends import quickest_backend
from engine.bench.report import Measures
from engine.bench.settings import BenchSettings
from engine.bench.timing import interleaved, median, ratio

SIDE = 256
ROWS = 2
_TOLD = ("avx2", "avx_vnni", "avx512_vnni", "amx_int8", "amx_bf16")


def measure(settings: BenchSettings, measures: Measures) -> int:
    """Two rows of 256 × 256 pixels, as a job with guidance has them."""
    rounds, side = settings.rounds_or(2), 64 if settings.quick else SIDE
    pipeline = architectures.pipeline("sd15", quick=settings.quick)
    with TemporaryDirectory() as folder:
        runs: dict[str, Any] = {"eager": _Call(pipeline.unet, side)}
        for backend, name in _backends().items():
            other = copy.copy(pipeline)
            other.unet = copy.copy(pipeline.unet)
            run_on_openvino(other, backend, Path(folder), keep_weights=True)
            runs[name] = _Call(other.unet, side)
        with torch.inference_mode():
            times = interleaved(runs, rounds)
    eager = runs["eager"].output
    measures.figure("f32_speed_up", ratio(times, "eager", "openvino_f32"), at_least=1.25)
    measures.figure("f32_psnr_db", _psnr_db(eager, runs["openvino_f32"].output), at_least=110.0)
    measures.figure("int8_speed_up", ratio(times, "eager", "openvino_int8"), at_least=3.0)
    measures.figure("int8_psnr_db", _psnr_db(eager, runs["openvino_int8"].output))
    if "openvino_bf16" in runs:
        measures.figure("bf16_speed_up", ratio(times, "eager", "openvino_bf16"))
        measures.figure("bf16_psnr_db", _psnr_db(eager, runs["openvino_bf16"].output))
    for name, seconds in times.items():
        measures.figure(f"{name}_seconds", median(seconds))
    measures.notes.append(f"This CPU: {_instructions()}.")
    return rounds


def _backends() -> dict[str, str]:
    found = {"openvino": "openvino_f32", "openvino-int8": "openvino_int8"}
    if quickest_backend() == "openvino-bf16":
        found["openvino-bf16"] = "openvino_bf16"
    return found


class _Call:
    """One call of a UNet, always the same; keeps what came out."""

    def __init__(self, unet: Any, side: int) -> None:
        torch.manual_seed(5)
        self.output = torch.empty(0)
        self._unet = unet
        self._samples = torch.randn(ROWS, unet.config.in_channels, side // 8, side // 8)
        self._embeds = torch.randn(ROWS, 77, unet.config.cross_attention_dim)
        self._times = torch.tensor([700.0, 300.0])

    def __call__(self) -> None:
        """Run it."""
        self.output = self._unet(
            self._samples, self._times, encoder_hidden_states=self._embeds, return_dict=False
        )[0]


def _psnr_db(expected: torch.Tensor, given: torch.Tensor) -> float:
    """Peak signal to noise, the peak being the range of what was expected."""
    error = (expected - given).pow(2).mean().item()
    span = (expected.max() - expected.min()).item()
    return math.inf if error == 0 else 10 * math.log10(span**2 / error)


def _instructions() -> str:
    known = Path("/proc/cpuinfo")
    flags = known.read_text("utf-8").split() if known.exists() else []
    named = [
        name
        for name in ("avx2", "avx_vnni", "avx512_vnni", "amx_int8", "amx_bf16")
        if name in flags
    ]
    absent = "" if any("vnni" in name for name in named) else ", and no 8-bit product sums (VNNI)"
    return f"{', '.join(named) or 'instructions unknown'}{absent}"
