"""LoRAs of a checkpoint's row, worked into its weights when it is loaded."""

from typing import Any

from safetensors import SafetensorError

from engine.checkpoints import Checkpoint, Lora
from engine.errors import CheckpointError


def work_in(pipeline: Any, checkpoint: Checkpoint) -> None:
    """Add the row's LoRAs to the weights, each at its scale, so that a step costs what it did.

    Raises:
        CheckpointError: A LoRA is missing, broken, not safetensors, or made for other weights.
    """
    if not checkpoint.loras:
        return
    names = [f"lora_{at}" for at in range(len(checkpoint.loras))]
    for name, lora in zip(names, checkpoint.loras, strict=True):
        _load(pipeline, checkpoint, name, lora)
    pipeline.set_adapters(names, [lora.scale for lora in checkpoint.loras])
    pipeline.fuse_lora(adapter_names=names)
    pipeline.unload_lora_weights()


def _load(pipeline: Any, checkpoint: Checkpoint, name: str, lora: Lora) -> None:
    before = _adapters(pipeline)
    try:
        pipeline.load_lora_weights(
            lora.source,
            weight_name=lora.weight_name,
            revision=lora.revision,
            adapter_name=name,
            use_safetensors=True,
        )
    except (
        OSError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        RuntimeError,
        SafetensorError,
    ) as error:
        raise CheckpointError(_why(checkpoint, lora)) from error
    # Keys that fit nothing are passed over with a line in the log.
    if _adapters(pipeline) == before:
        raise CheckpointError(_why(checkpoint, lora))


def _adapters(pipeline: Any) -> set[str]:
    return {name for names in pipeline.get_list_adapters().values() for name in names}


def _why(checkpoint: Checkpoint, lora: Lora) -> str:
    return (
        f"The LoRA {lora.source!r} of checkpoint {checkpoint.name!r} is not to be had as whole "
        "safetensors weights that fit it; check its source and weight_name, and the network."
    )
