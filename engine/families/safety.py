"""The safety checker that some checkpoints of Stable Diffusion 1.x bring, asked about a result."""

import logging
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from PIL import Image
from safetensors import SafetensorError
from transformers import CLIPImageProcessor

logger = logging.getLogger(__name__)


class SafetyCheck:
    """Compares a picture with the concepts that the checker's weights hold.

    The stock pipelines black a flagged picture out; here it is only said, and the bot decides.

    Args:
        checker: diffusers' ``StableDiffusionSafetyChecker``.
        feature_extractor: The CLIP image processor that belongs to it.
    """

    def __init__(self, checker: Any, feature_extractor: Any) -> None:
        self._checker = checker.eval()
        self._feature_extractor = feature_extractor

    @torch.inference_mode()
    def flagged(self, image: Image.Image) -> bool:
        """Whether the checker calls an RGB picture explicit."""
        seen = self._feature_extractor([image], return_tensors="pt").pixel_values
        told = seen.to(self._checker.device, self._checker.dtype)
        # It gets pixels of its own, since it blackens what it flags.
        pixels = [np.array(image, dtype=np.float32) / 255]
        _, found = self._checker(images=pixels, clip_input=told)
        return bool(found[0])


def load_safety_check(source: str, revision: str | None, device: str) -> SafetyCheck | None:
    """The check of a checkpoint on disk or hub; None where it brings none that can be loaded.

    One that cannot be loaded stops nothing: the bot has a check of its own.
    """
    try:
        index = StableDiffusionPipeline.load_config(source, revision=revision)
        if (index.get("safety_checker") or [None])[0] is None:
            return None
        checker = StableDiffusionSafetyChecker.from_pretrained(
            source, subfolder="safety_checker", revision=revision, use_safetensors=True
        )
        extractor = CLIPImageProcessor.from_pretrained(
            source, subfolder="feature_extractor", revision=revision
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        logger.warning("the checkpoint's safety checker cannot be loaded: %s", error)
        return None
    return SafetyCheck(checker.to(device), extractor)
