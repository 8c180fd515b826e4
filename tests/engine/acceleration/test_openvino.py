"""OpenVINO in the place of the UNet: the same predictions, for any rows and sizes."""

import copy
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.acceleration import accelerate
from engine.acceleration.openvino import (
    CAPABILITIES,
    import_openvino,
    precision_for,
    run_on_openvino,
)
from engine.bench import architectures
from engine.checkpoints import Checkpoint
from engine.core import EngineCore
from engine.errors import CheckpointError
from engine.events import Done
from engine.families.sd import SdAdapter
from engine.families.stepwise import StepwiseFamily
from tests.engine.attempts import attempt
from tests.engine.pictures import pixels

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture
def pipeline() -> Any:
    return architectures.pipeline("sd15", quick=True)


def call(unet: Any, rows: int, height: int, width: int) -> torch.Tensor:
    torch.manual_seed(rows)
    times = torch.linspace(900, 10, rows)
    embeds = torch.randn(rows, 77, 32)
    with torch.inference_mode():
        output: torch.Tensor = unet(
            torch.randn(rows, 4, height, width),
            times,
            encoder_hidden_states=embeds,
            timestep_cond=None,
            return_dict=False,
        )[0]
    return output


def test_it_predicts_as_torch_does(pipeline: Any, cache: Path) -> None:
    eager = copy.deepcopy(pipeline.unet)
    run_on_openvino(pipeline, "openvino", cache)
    for rows, height, width in ((1, 8, 8), (2, 8, 8), (3, 16, 6), (8, 5, 7)):
        expected, given = call(eager, rows, height, width), call(pipeline.unet, rows, height, width)
        assert (given - expected).abs().max() <= 1e-4 * expected.abs().max()
    assert pipeline.unet.device.type == "meta"
    # It reports nothing to its makers.
    assert sys.modules["openvino_telemetry"] is None


def test_it_is_exported_once_and_for_its_own_weights(pipeline: Any, cache: Path) -> None:
    run_on_openvino(pipeline, "openvino", cache)
    models = set(cache.iterdir())
    run_on_openvino(architectures.pipeline("sd15", quick=True), "openvino", cache)
    assert set(cache.iterdir()) == models
    other = architectures.pipeline("sd15", quick=True)
    with torch.no_grad():
        other.unet.conv_out.bias += 1
    run_on_openvino(other, "openvino", cache)
    assert len(set(cache.iterdir())) == 2 * len(models)


def test_jobs_share_its_calls(pipeline: Any, cache: Path) -> None:
    def pictures(pipeline: Any) -> list[bytes]:
        family = StepwiseFamily(SdAdapter(pipeline))
        core = EngineCore(family, Checkpoint(source="x", family="sd"), max_rows=8)
        core.submit(attempt("a", guidance_scale=3.0))
        core.submit(attempt("b", scheduler="euler", prompt="snow"))
        events = []
        while core.has_work:
            events += core.step()
        return [event.image for event in events if isinstance(event, Done)]

    expected = pictures(pipeline)
    run_on_openvino(pipeline, "openvino", cache)
    given = pictures(pipeline)
    assert len(given) == len(expected) == 2
    for one, other in zip(given, expected, strict=True):
        assert abs(pixels(one) - pixels(other)).max() <= 1


@pytest.mark.slow
def test_int8_is_near(pipeline: Any, cache: Path) -> None:
    eager = copy.deepcopy(pipeline.unet)
    run_on_openvino(pipeline, "openvino-int8", cache)
    expected, given = call(eager, 2, 8, 8), call(pipeline.unet, 2, 8, 8)
    difference = (given - expected).pow(2).mean().sqrt()
    assert 0 < difference <= 0.2 * expected.std()


def test_bfloat16_is_near_or_refused_by_name(pipeline: Any, cache: Path) -> None:
    eager = copy.deepcopy(pipeline.unet)
    capable = "BF16" in import_openvino("openvino").Core().get_property("CPU", CAPABILITIES)
    if not capable:
        with pytest.raises(CheckpointError, match="instructions for bfloat16"):
            run_on_openvino(pipeline, "openvino-bf16", cache)
        return
    run_on_openvino(pipeline, "openvino-bf16", cache)
    expected, given = call(eager, 2, 8, 8), call(pipeline.unet, 2, 8, 8)
    difference = (given - expected).pow(2).mean().sqrt()
    assert 1e-5 * expected.std() < difference <= 0.1 * expected.std()


def test_only_the_row_that_asks_for_bfloat16_gets_it() -> None:
    assert precision_for("openvino-bf16", ["FP32", "BF16"]) == "bf16"
    assert precision_for("openvino", ["FP32", "BF16"]) == "f32"
    assert precision_for("openvino-int8", ["FP32", "BF16"]) == "f32"
    with pytest.raises(CheckpointError, match="'openvino-bf16' is for a CPU with instructions"):
        precision_for("openvino-bf16", ["FP32", "INT8"])


def test_what_it_cannot_run_is_refused(pipeline: Any) -> None:
    row = Checkpoint(name="mine", source="x", backend="openvino", compile=True)
    with pytest.raises(CheckpointError, match="goes with neither"):
        accelerate(pipeline, row)
    pipeline.unet.to("meta")
    with pytest.raises(CheckpointError, match="for the CPU"):
        run_on_openvino(pipeline, "openvino")

    class Transformer:
        transformer = torch.nn.Linear(1, 1)

    with pytest.raises(CheckpointError, match="UNets only, and this checkpoint has a Linear"):
        run_on_openvino(Transformer(), "openvino")
