"""Loads a checkpoint's weights and finds the family that runs it."""

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderTiny,
    AutoPipelineForImage2Image,
    FluxImg2ImgPipeline,
    StableDiffusion3Img2ImgPipeline,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionXLImg2ImgPipeline,
)
from diffusers.utils import logging
from safetensors import SafetensorError

from engine.abilities import FamilyName
from engine.acceleration import accelerate
from engine.checkpoints import Checkpoint
from engine.embedded import WEIGHTS
from engine.errors import CheckpointError
from engine.families.base import Family
from engine.families.flux import FluxAdapter
from engine.families.loras import work_in
from engine.families.memory import place
from engine.families.safety import load_safety_check
from engine.families.sd import SdAdapter
from engine.families.sd3 import Sd3Adapter
from engine.families.sdxl import SdxlAdapter
from engine.families.stepwise import StepwiseFamily
from engine.families.stock import StockFamily

# The pipeline that loads a family's weights, and what runs them step by step.
_STEPWISE: dict[FamilyName, tuple[Any, Any]] = {
    "sd": (StableDiffusionImg2ImgPipeline, SdAdapter),
    "sdxl": (StableDiffusionXLImg2ImgPipeline, SdxlAdapter),
    "sd3": (StableDiffusion3Img2ImgPipeline, Sd3Adapter),
    "flux": (FluxImg2ImgPipeline, FluxAdapter),
}
# Stable Diffusion 1.x alone brings a safety checker; here it is asked apart from the pipeline.
_ARGUMENTS: dict[FamilyName, dict[str, Any]] = {
    "sd": {"safety_checker": None, "requires_safety_checker": False}
}


def load_family(checkpoint: Checkpoint, device: str) -> Family[Any]:
    """Load from disk or hub and place on ``device`` (``"auto"`` takes the first accelerator).

    Raises:
        CheckpointError: The weights are missing, broken, not safetensors, of another family than
            the row says, or need the network; or the row asks for an acceleration that this machine
            or pipeline cannot give.
    """
    place = pick_device(device)
    # The bar of one load is no use in a log.
    logging.disable_progress_bar()
    pipeline = load_pipeline(checkpoint, place)
    pipeline.set_progress_bar_config(disable=True)
    accelerate(pipeline, checkpoint)
    if checkpoint.family not in _STEPWISE:
        return _as_the_row_says(StockFamily(pipeline), checkpoint)
    _, adapter = _STEPWISE[checkpoint.family]
    family = StepwiseFamily(
        adapter(pipeline),
        prompt_cache=checkpoint.prompt_cache,
        fused_update=checkpoint.fused_update,
    )
    if checkpoint.family == "sd":
        family.safety = load_safety_check(source_of(checkpoint), checkpoint.revision, place)
    known = family.adapter.denoiser.config
    if (known.out_channels or known.in_channels) != known.in_channels:
        raise CheckpointError(
            f"Checkpoint {checkpoint.name!r} reads more than latents, as those made for inpainting "
            "do; its plain counterpart paints behind a mask as well."
        )
    return family


def _as_the_row_says(stock: StockFamily, checkpoint: Checkpoint) -> StockFamily:
    """Refuse a row that promises members what its pipeline would ignore."""
    promised = checkpoint.abilities
    ignored = {
        "takes_strength": promised.takes_strength and not stock.takes_strength,
        "takes_negative_prompt": promised.takes_negative_prompt and not stock.heeds_negative_prompt,
    }
    missing = [f"{key} = false" for key, is_ignored in ignored.items() if is_ignored]
    if missing:
        raise CheckpointError(
            f"The pipeline of checkpoint {checkpoint.name!r} ignores what its row lets members "
            f"ask for; please put {' and '.join(missing)} into the row."
        )
    return stock


def pick_device(device: str) -> str:
    """Resolve ``"auto"``; raises ``CheckpointError`` for a device that this torch does not have."""
    if device == "auto":
        accelerator = torch.accelerator.current_accelerator(check_available=True)
        return "cpu" if accelerator is None else str(accelerator)
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise CheckpointError(
            f"This machine has no device {device!r} that torch can use."
        ) from error
    return device


def source_of(checkpoint: Checkpoint) -> str:
    """The folder or hub name that a row's weights are loaded from."""
    return str(WEIGHTS) if checkpoint.source == "embedded" else checkpoint.source


def load_pipeline(checkpoint: Checkpoint, device: str) -> Any:
    """The stock img2img pipeline of a row, as diffusers has it; raises ``CheckpointError``."""
    source = source_of(checkpoint)
    # Half precision is slower than single on a CPU without AMX.
    dtype = torch.float32 if device == "cpu" else getattr(torch, checkpoint.dtype)
    cls, _ = _STEPWISE.get(checkpoint.family, (AutoPipelineForImage2Image, None))
    try:
        pipeline = cls.from_pretrained(
            source,
            revision=checkpoint.revision,
            variant=checkpoint.variant,
            dtype=dtype,
            use_safetensors=True,
            **_ARGUMENTS.get(checkpoint.family, {}),
        )
        if checkpoint.tiny_vae is not None:
            pipeline.vae = AutoencoderTiny.from_pretrained(
                checkpoint.tiny_vae, dtype=dtype, use_safetensors=True
            )
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        RuntimeError,
        SafetensorError,
    ) as error:
        raise CheckpointError(_why(checkpoint, source)) from error
    if checkpoint.timestep_spacing is not None:
        pipeline.scheduler = type(pipeline.scheduler).from_config(
            pipeline.scheduler.config, timestep_spacing=checkpoint.timestep_spacing
        )
    pipeline = pipeline.to(dtype)
    work_in(pipeline, checkpoint)
    return place(pipeline, device)


def _why(checkpoint: Checkpoint, source: str) -> str:
    if Path(source).is_dir():
        return (
            f"The folder of checkpoint {checkpoint.name!r} holds no whole safetensors weights of "
            f"family {checkpoint.family!r}."
        )
    return (
        f"Checkpoint {checkpoint.name!r} ({source}) is not on this machine and could not be "
        "downloaded; check the name and the network, or choose `embedded`."
    )
