"""The Protocol between the step loop and a family of checkpoints."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from PIL import Image

from engine.params import RestyleParams

RowT = TypeVar("RowT", bound="Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a row begins with; ``params`` are resolved and every picture has their size.

    Attributes:
        source: RGB; None for text-to-image.
        source_latents: Safetensors bytes to start from in place of ``source``, where they fit.
        mask: One channel, 255 where the picture is painted again, 0 where it is kept.
        colour_reference: RGB of any size, for the loop; families have no use for it.
    """

    params: RestyleParams
    source: Image.Image | None = None
    source_latents: bytes | None = None
    mask: Image.Image | None = None
    colour_reference: Image.Image | None = None


class Row(Protocol):
    """One job's picture on its way through the denoiser, made and moved on by its family.

    Attributes:
        total: Denoising steps that it takes in all.
        step: Steps done so far; the job is finished at ``step == total``.
        notes: What was changed or left out, one sentence each.
    """

    total: int
    step: int
    notes: tuple[str, ...]


class Family(Protocol[RowT]):
    """Runs jobs of one loaded checkpoint, one denoising step at a time."""

    device: str

    def begin(self, inputs: Inputs) -> RowT:
        """Embed the prompt, encode the source and add the noise of the first step."""

    def batch_key(self, row: RowT) -> Hashable:
        """Rows with equal keys may share one call of ``advance``."""

    def cost(self, row: RowT) -> int:
        """How many latents the row adds to a denoiser call (2 with classifier-free guidance)."""

    def advance(self, rows: Sequence[RowT]) -> None:
        """Move each row on by one step, all in one denoiser call.

        Raises:
            AttemptError: It failed; a row whose ``step`` is unchanged has not moved on.
        """

    def preview(self, row: RowT) -> Image.Image | None:
        """The picture as it stands, or None where that cannot be had cheaply."""

    def finish(self, row: RowT) -> tuple[Image.Image, bytes]:
        """Decode a finished row: the picture, and its latents as safetensors bytes (or empty)."""

    def flagged(self, image: Image.Image) -> bool | None:
        """Whether the checkpoint's own safety checker calls it explicit; None without one."""

    def discard(self, row: RowT) -> None:
        """Let go of a row that was cancelled or has failed."""

    def measure(self, rows: int, width: int, height: int) -> float | None:
        """Seconds of one denoiser call over so many rows; None where calls cannot be shared."""

    def save_memory(self) -> bool:
        """Trade time for memory from now on; False when nothing is left to be traded."""
