"""The UNet run by OpenVINO, for hosts without a GPU; it takes part in shared calls as before."""

import logging
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from engine.acceleration.unet_signature import flat_inputs, input_names
from engine.errors import CheckpointError

logger = logging.getLogger(__name__)

CAPABILITIES = "OPTIMIZATION_CAPABILITIES"
NO_OPENVINO = "backend = {backend!r} needs OpenVINO: install the extra `openvino`."
CPU_ONLY = "backend = {backend!r} is for the CPU, and this engine runs on {device}."
NO_BFLOAT16 = "backend = {backend!r} is for a CPU with instructions for bfloat16; this has none."
UNETS_ONLY = "backend = {backend!r} runs UNets only, and this checkpoint has a {denoiser}."


def run_on_openvino(
    pipeline: Any, backend: str, cache: Path | None = None, *, keep_weights: bool = False
) -> None:
    """Let OpenVINO run the pipeline's UNet, whose own weights are let go unless they are wanted.

    The model is exported at the first start and kept below ``cache``, by default in the user's
    cache folder.

    Raises:
        CheckpointError: OpenVINO is not installed, or pipeline, device or CPU are not fit for it.
    """
    unet = getattr(pipeline, "unet", None)
    if unet is None:
        name = type(getattr(pipeline, "transformer", None)).__name__
        raise CheckpointError(UNETS_ONLY.format(backend=backend, denoiser=name))
    if unet.device.type != "cpu":
        raise CheckpointError(CPU_ONLY.format(backend=backend, device=unet.device))
    openvino = import_openvino(backend)
    precision = precision_for(backend, openvino.Core().get_property("CPU", CAPABILITIES))
    # Both need OpenVINO, which was just found.
    from engine.acceleration.export import exported

    model = exported(pipeline, backend, cache)
    compiled = compiled_model(openvino, model, precision)
    use(unet, compiled)
    if not keep_weights:
        # As much memory again as OpenVINO holds: only the shapes are asked for from now on.
        unet.to("meta")


def import_openvino(backend: str) -> Any:
    """The openvino package, kept from reporting its use over the network."""
    # It reports each import to its makers where this package is there; without, it has a stand-in.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # means: not there
    try:
        return import_module("openvino")
    except ImportError as error:
        raise CheckpointError(NO_OPENVINO.format(backend=backend)) from error


def precision_for(backend: str, capabilities: Sequence[str]) -> str:
    """What OpenVINO computes in; raises ``CheckpointError`` where the CPU is not made for it.

    Left to itself it would take bfloat16 wherever there is AMX: whether pictures may differ from
    torch's is for the checkpoint's row to say.
    """
    if backend != "openvino-bf16":
        return "f32"
    if "BF16" not in capabilities:
        raise CheckpointError(NO_BFLOAT16.format(backend=backend))
    return "bf16"


def compiled_model(openvino: Any, model: Path, precision: str) -> Any:
    """Ready to be called with the inputs in order; uses as many threads as torch does."""
    options = {
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "INFERENCE_PRECISION_HINT": precision,
        "PERFORMANCE_HINT": "LATENCY",
    }
    return openvino.Core().compile_model(str(model), "CPU", options)


def use(unet: Any, compiled: Any) -> None:
    """Let ``compiled`` answer where ``unet`` is called."""
    names = input_names(unet.config)

    def forward(*args: Any, **kwargs: Any) -> tuple[torch.Tensor]:
        inputs = flat_inputs(names, *args, **kwargs)
        results = compiled([value.contiguous().numpy() for value in inputs])
        return (torch.from_numpy(results[0]),)

    unet.forward = forward
