"""The shipped weights: small, stock classes, and a picture for any prompt."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from engine.embedded import WEIGHTS
from tests.engine.embedded.scenes import scene

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def pipeline() -> Any:
    from diffusers import AutoPipelineForImage2Image

    loaded = AutoPipelineForImage2Image.from_pretrained(WEIGHTS, dtype=torch.float32)
    loaded.set_progress_bar_config(disable=True)
    return loaded


def _restyle(pipeline: Any, prompt: str, width: int = 64, height: int = 64) -> Image.Image:
    made: Image.Image = pipeline(
        prompt=prompt,
        image=Image.fromarray(scene(1, height, width)),
        strength=0.6,
        num_inference_steps=4,
        guidance_scale=2.0,
        generator=torch.Generator().manual_seed(1),
    ).images[0]
    return made


def test_the_weights_fit_into_a_clone() -> None:
    files = [file for file in WEIGHTS.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 30_000_000
    assert {file.suffix for file in files} <= {".json", ".safetensors", ".txt", ".md"}


def test_no_file_names_a_path_of_the_machine_that_trained() -> None:
    for file in WEIGHTS.rglob("*.json"):
        assert "_name_or_path" not in file.read_text("utf-8"), file


def test_only_stock_classes_are_needed() -> None:
    index = json.loads((WEIGHTS / "model_index.json").read_text())
    libraries = {value[0] for value in index.values() if isinstance(value, list)}
    assert libraries <= {"diffusers", "transformers", None}


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "🎨🔥",
        "👩🏽‍🚀" * 50,
        "qwrtz blorptastic zzyzx",
        "夜晚的房间",
        "أضف قبعة",
        "คืนที่มีพายุ",
        "Ўзбекча ҳикоя \u200f\u0000\ufffd",
        "add a red hat to the dog",
        "x" * 2000,
        "at night " * 223,
        "雪" * 2000,
    ],
)
def test_any_prompt_gives_a_picture(pipeline: Any, prompt: str) -> None:
    picture = np.asarray(_restyle(pipeline, prompt))
    assert picture.shape == (64, 64, 3)
    assert picture.std() > 1


def test_a_prompt_matters(pipeline: Any) -> None:
    night = np.asarray(_restyle(pipeline, "at night"), int)
    sunset = np.asarray(_restyle(pipeline, "sunset"), int)
    assert np.abs(night - sunset).mean() > 5


@pytest.mark.parametrize("size", [(104, 64), (64, 96)])
def test_sizes_in_multiples_of_eight_are_kept(pipeline: Any, size: tuple[int, int]) -> None:
    assert _restyle(pipeline, "oil painting", *size).size == size


def test_the_model_card_lies_beside() -> None:
    assert (Path(WEIGHTS).parent / "MODEL_CARD.md").read_text("utf-8").startswith("# ")
