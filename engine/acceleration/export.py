"""A pipeline's UNet in OpenVINO's form, made once and kept on disk."""

import hashlib
import logging
import os
import warnings
from pathlib import Path
from typing import Any

import openvino
import platformdirs
import torch

from engine.acceleration.unet_signature import FlatUNet, example_inputs, input_names

logger = logging.getLogger(__name__)

# Odd, so that halves do not meet again of themselves: the UNet is exported for all sizes, not for
# those alone where they do.
_EXPORT_SIDE = 35
_SAMPLED_NUMBERS = 64


def exported(pipeline: Any, backend: str, cache: Path | None) -> Path:
    """Path of the model, which is written first where it is not there.

    Args:
        backend: As a checkpoint's row names it; all but ``"openvino-int8"`` have one model.
        cache: Folder to keep it in; None is the user's cache folder.
    """
    folder = platformdirs.user_cache_path("restyle") / "openvino" if cache is None else cache
    form = "openvino-int8" if backend == "openvino-int8" else "openvino"
    path = folder / f"{fingerprint(pipeline.unet)}-{form}.xml"
    if path.exists():
        return path
    logger.info("exporting the UNet for %s; this happens once and may take minutes", backend)
    folder.mkdir(parents=True, exist_ok=True)
    if form == "openvino":
        _write(_converted(pipeline.unet), path)
        return path
    # nncf takes seconds to import and is of use here alone.
    from engine.acceleration.int8 import in_int8

    full = exported(pipeline, "openvino", cache)
    _write(in_int8(full, pipeline), path)
    return path


def fingerprint(unet: Any) -> str:
    """Tells a UNet apart by configuration, versions, and some numbers of each of its weights."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{sorted(unet.config.items())} {openvino.get_version()}".encode())
    digest.update(str(torch.__version__).encode())
    for name, value in unet.state_dict().items():
        numbers = value.flatten()[:: max(1, value.numel() // _SAMPLED_NUMBERS)]
        digest.update(name.encode() + numbers.to(torch.float32).numpy().tobytes())
    return digest.hexdigest()


def _converted(unet: torch.nn.Module) -> openvino.Model:
    examples = example_inputs(unet.config, _EXPORT_SIDE)
    with warnings.catch_warnings(), torch.inference_mode(mode=False), torch.no_grad():
        # What is fixed by tracing are the shapes of weights and the odd sides: see _EXPORT_SIDE.
        warnings.simplefilter("ignore")
        model = openvino.convert_model(FlatUNet(unet), example_input=tuple(examples))
    for given, name in zip(model.inputs, input_names(unet.config), strict=True):
        given.get_tensor().set_names({name})
    return model


def _write(model: openvino.Model, path: Path) -> None:
    """Whole or not at all: a file of this name is trusted at the next start."""
    part = path.with_name(f"{path.stem}.{os.getpid()}.xml")
    openvino.save_model(model, part, compress_to_fp16=False)
    part.with_suffix(".bin").replace(path.with_suffix(".bin"))
    part.replace(path)
