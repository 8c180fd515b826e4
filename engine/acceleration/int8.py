"""8-bit numbers for OpenVINO, calibrated on the denoiser's own way through noise."""

import logging
from pathlib import Path
from typing import Any

import nncf
import openvino
import torch

from engine.acceleration.unet_signature import example_inputs, input_names

# Enough to see each kind of state: the first steps are all noise, the last hardly any.
CALIBRATION_PROMPTS = ("an oil painting", "a photograph at night, neon lights")
CALIBRATION_STEPS = 8
CALIBRATION_SIDE = 16


def in_int8(full: Path, pipeline: Any) -> openvino.Model:
    """The model in ``full`` (float32) with convolutions and products in 8 bits."""
    nncf.set_log_level(logging.ERROR)
    core = openvino.Core()
    samples = _states(core.compile_model(str(full), "CPU"), pipeline)
    return nncf.quantize(
        core.read_model(full),
        nncf.Dataset(samples),
        preset=nncf.QuantizationPreset.MIXED,
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(samples),
    )


def _states(compiled: Any, pipeline: Any) -> list[dict[str, Any]]:
    """Inputs of the UNet on the way from noise to a picture, one a step and prompt."""
    names = input_names(pipeline.unet.config)
    scheduler = type(pipeline.scheduler).from_config(pipeline.scheduler.config)
    states = []
    for prompt in CALIBRATION_PROMPTS:
        inputs = dict(
            zip(names, example_inputs(pipeline.unet.config, CALIBRATION_SIDE), strict=True)
        )
        inputs["encoder_hidden_states"] = _embedded(pipeline, prompt)
        scheduler.set_timesteps(CALIBRATION_STEPS)
        latents = inputs["sample"] * scheduler.init_noise_sigma
        for timestep in scheduler.timesteps:
            inputs["sample"] = scheduler.scale_model_input(latents, timestep)
            inputs["timestep"] = timestep.to(torch.float32).expand(len(latents))
            state = {name: value.numpy().copy() for name, value in inputs.items()}
            states.append(state)
            output = torch.from_numpy(compiled(state)[0])
            latents = scheduler.step(output, timestep, latents, return_dict=False)[0]
    return states


def _embedded(pipeline: Any, prompt: str) -> torch.Tensor:
    """Embeddings of no prompt and of this one, shape (2, tokens, width)."""
    with torch.inference_mode():
        return torch.cat(
            [
                pipeline.encode_prompt(text, "cpu", 1, do_classifier_free_guidance=False)[0]
                for text in ("", prompt)
            ]
        )
