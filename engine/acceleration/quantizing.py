"""int8 and fp8 weights on a GPU, by torchao.

Nothing of this was ever measured here, for want of a GPU; docs/performance.md says so and names the
command that would.
"""

from importlib import import_module
from typing import Any

import torch

from engine.errors import CheckpointError

PRECISIONS = ("int8", "fp8")


def quantize(denoiser: torch.nn.Module, precision: str) -> None:
    """Turn the linear layers' weights into 8-bit numbers and multiply in 8 bits.

    Raises:
        CheckpointError: The denoiser is not on a GPU, or torchao is not installed.
    """
    device = next(denoiser.parameters()).device
    if device.type != "cuda":
        raise CheckpointError(
            f"quantization = {precision!r} needs a CUDA device, and this engine runs on {device}."
        )
    quantization = _torchao()
    quantization.quantize_(denoiser, _configuration(quantization, precision))


def _torchao() -> Any:
    try:
        return import_module("torchao.quantization")
    except ImportError as error:
        raise CheckpointError("quantization needs torchao: install the extra `torchao`.") from error


def _configuration(quantization: Any, precision: str) -> Any:
    if precision == "int8":
        return quantization.Int8DynamicActivationInt8WeightConfig()
    return quantization.Float8DynamicActivationFloat8WeightConfig()
