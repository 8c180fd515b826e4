"""How alike two pictures are: structure, edges and slow blotches."""

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from engine.embedded.evaluation.runs import Pictures

Bytes = NDArray[np.uint8]

# Slower than this counts as a blotch.
_BLOTCH_CYCLES_PER_PX = 1 / 16


def mean_ssim(first: Pictures, second: Pictures) -> float:
    """Mean structural similarity (Wang et al. 2004) over the pairs, -1..1."""
    values = [
        structural_similarity(a, b, channel_axis=2) for a, b in zip(first, second, strict=True)
    ]
    return float(np.mean(values))


def psnr_db(first: Pictures, second: Pictures) -> float:
    """Mean peak signal-to-noise ratio over the pairs."""
    errors = ((first / 255.0 - second / 255.0) ** 2).mean(axis=(1, 2, 3))
    return float(np.mean(-10 * np.log10(errors)))


def edge_correlation(first: Pictures, second: Pictures) -> float:
    """Mean correlation (-1..1) of the pairs' Sobel gradients' strength on the luma."""
    pairs = zip(first, second, strict=True)
    return float(np.mean([np.corrcoef(_edges(a), _edges(b))[0, 1] for a, b in pairs]))


def blotch_energy(result: Pictures, teacher: Pictures) -> float:
    """Mean squared difference below 1/16 cycles per pixel, colour values 0..1."""
    difference = result / 255.0 - teacher / 255.0
    height, width = difference.shape[1:3]
    frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None])
    slow = (frequencies < _BLOTCH_CYCLES_PER_PX)[None, ..., None]
    spectrum = np.fft.fft2(difference, axes=(1, 2), norm="ortho")
    power = np.abs(spectrum) ** 2 * slow
    return float(power.sum() / difference.size)


def _edges(picture: Bytes) -> NDArray[np.float32]:
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    strength: NDArray[np.float32] = np.hypot(cv2.Sobel(luma, -1, 1, 0), cv2.Sobel(luma, -1, 0, 1))
    return strength.ravel()
