"""Memory: where weights go, and what is traded for it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.checkpoints import Checkpoint
from engine.families.base import Inputs
from engine.families.loading import load_family
from engine.families.memory import placement, weight_bytes
from engine.families.stepwise import StepwiseFamily
from tests.engine.attempts import params
from tests.engine.families.tiny import save_sd
from tests.engine.pictures import picture

pytestmark = pytest.mark.engine

GIB = 2**30


@pytest.mark.parametrize(
    ("components", "free", "expected"),
    [
        ([2 * GIB, GIB], 8 * GIB, "device"),
        ([6 * GIB, 4 * GIB], 10 * GIB, "model_offload"),
        ([24 * GIB, 9 * GIB], 16 * GIB, "sequential_offload"),
        ([8 * GIB], 10 * GIB, "device"),
        ([], 0, "device"),
    ],
)
def test_weights_go_where_they_fit(components: list[int], free: int, expected: str) -> None:
    assert placement(components, free) == expected


def test_weights_are_counted_in_bytes() -> None:
    assert weight_bytes(torch.nn.Linear(10, 10, dtype=torch.float16)) == 2 * 110


def test_saved_memory_costs_time_and_no_more_than_rounding(tmp_path: Path) -> None:
    loaded = load_family(Checkpoint(name="x", source=str(save_sd(tmp_path)), family="sd"), "cpu")
    assert isinstance(loaded, StepwiseFamily)
    inputs = Inputs(params=params(guidance_scale=4.0), source=picture())

    def result() -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
        with torch.inference_mode():
            row = loaded.begin(inputs)
            while row.step < row.total:
                loaded.advance([row])
            return np.asarray(loaded.finish(row)[0]).astype(np.int16)

    before = result()
    assert loaded.save_memory()
    assert loaded.autoencoder.vae.use_tiling
    assert loaded.save_memory()
    processors = loaded.adapter.denoiser.attn_processors.values()
    assert {type(one).__name__ for one in processors} == {"SlicedAttnProcessor"}
    assert not loaded.save_memory()
    # Random weights show every seam, so only the size can be told of a picture in tiles.
    assert result().shape == before.shape
    loaded.autoencoder.vae.disable_tiling()
    assert np.abs(result() - before).max() <= 1
