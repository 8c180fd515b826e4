"""Quantization is refused where it cannot be had."""

import pytest

from engine.acceleration import accelerate
from engine.bench import architectures
from engine.checkpoints import Checkpoint
from engine.errors import CheckpointError

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("precision", ["int8", "fp8"])
def test_it_needs_a_gpu(precision: str) -> None:
    pipeline = architectures.pipeline("sd15", quick=True)
    row = Checkpoint(name="mine", source="x", quantization=precision)  # type: ignore[arg-type]
    with pytest.raises(CheckpointError, match=f"'{precision}' needs a CUDA device"):
        accelerate(pipeline, row)
