"""The latent space: each 4 × 4 block of pixels becomes twelve numbers by principal components.

The code is linear and exact, so pictures can be encoded by one matrix product, and the encoder of
the exported autoencoder is written down rather than trained (`autoencoder.py`).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CHANNELS = 12
BLOCK_PX = 4

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class BlockCode:
    """``(block − mean) · weights``: 48 colour values 0..1 (channel, row, column) to 12 latents."""

    mean: Floats
    weights: Floats

    def encode(self, pixels: NDArray[np.uint8]) -> Floats:
        """``n × height × width × 3`` bytes to ``n × 12 × height/4 × width/4`` latents of rms 1."""
        latents = (blocks(pixels) - self.mean) @ self.weights
        return np.ascontiguousarray(latents.transpose(0, 3, 1, 2))

    def save(self, path: Path) -> None:
        """Write both arrays to ``path`` (.npz)."""
        np.savez(path, mean=self.mean, weights=self.weights)

    @classmethod
    def load(cls, path: Path) -> "BlockCode":
        """What `save` wrote."""
        with np.load(path) as arrays:
            return cls(arrays["mean"], arrays["weights"])


def blocks(pixels: NDArray[np.uint8]) -> Floats:
    """``n × height × width × 3`` bytes to ``n × height/4 × width/4 × 48`` values 0..1."""
    count, height, width, _ = pixels.shape
    cut = pixels.reshape(count, height // BLOCK_PX, BLOCK_PX, width // BLOCK_PX, BLOCK_PX, 3)
    ordered = cut.transpose(0, 1, 3, 5, 2, 4).reshape(
        count, height // BLOCK_PX, width // BLOCK_PX, 3 * BLOCK_PX**2
    )
    return ordered.astype(np.float32) / np.float32(255)


def fit(pixels: NDArray[np.uint8]) -> BlockCode:
    """The code of a set of pictures.

    Each component is divided by the root of its deviation, half way to whitening: fine detail is
    weak, and would drown in the noise of diffusion if it were left so.
    """
    values = blocks(pixels).reshape(-1, 3 * BLOCK_PX**2)
    mean = values.mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov((values - mean).T))
    order = np.argsort(-variances)[:CHANNELS]
    deviations = np.sqrt(variances[order])
    scales = deviations**-0.5
    scales /= np.sqrt(np.mean((deviations * scales) ** 2))
    weights = directions[:, order] * scales
    return BlockCode(mean.astype(np.float32), weights.astype(np.float32))
