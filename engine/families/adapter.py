"""The Protocol between the stepwise family and one architecture: what differs among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from engine.params import RestyleParams

# What the denoiser is told beside latents and time, by name; the first axis counts rows.
Conditions = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """A prompt as the denoiser reads it.

    Attributes:
        conditions: One row each.
        cut: Whether the prompt was longer than the text encoder reads.
    """

    conditions: Conditions
    cut: bool = False


class Adapter(Protocol):
    """One architecture of diffusers. Its formulas are those of its stock pipelines.

    Attributes:
        pipeline: The stock img2img pipeline; its ``scheduler`` is the job's while a row begins.
        denoiser: UNet or transformer.
    """

    pipeline: Any
    denoiser: Any

    def latent_shape(self, width: int, height: int) -> tuple[int, int, int, int]:
        """(1, channels, rows, columns) of a picture's latents."""

    def embed(self, prompt: str) -> Embedding:
        """Run the text encoders; an empty prompt is what stands for no negative prompt."""

    def guided(self, guidance_scale: float) -> bool:
        """Whether a second row without the prompt is run for classifier-free guidance."""

    def conditions(self, params: RestyleParams, embedding: Embedding) -> Conditions:
        """The prompt's conditions and those that size and guidance add, one row each."""

    def set_timesteps(self, scheduler: Any, params: RestyleParams) -> None:
        """Give the scheduler its whole schedule of ``params.num_inference_steps``."""

    def denoise(
        self, samples: torch.Tensor, times: torch.Tensor, conditions: Mapping[str, torch.Tensor]
    ) -> torch.Tensor:
        """One denoiser call over rows of their own.

        Args:
            samples: Scaled latents, (rows, channels, height, width).
            times: Timesteps of each row, (rows,), float32.
            conditions: As ``conditions`` gave them, (rows, …).

        Returns:
            The predictions, in the shape of ``samples``.
        """
