"""Lab and back, and a picture with another's colours."""

import numpy as np
from PIL import Image

from engine.colour import from_lab, match_colours, to_lab
from tests.engine.pictures import picture


def lab_of(rgb: tuple[int, int, int]) -> list[float]:
    return [round(float(v), 1) for v in to_lab(Image.new("RGB", (1, 1), rgb))[0, 0]]


def test_known_colours_have_their_known_lab_values() -> None:
    # Values of sRGB's corners under D65, as published by Bruce Lindbloom.
    assert lab_of((255, 255, 255)) == [100.0, 0.0, 0.0]
    assert lab_of((255, 0, 0)) == [53.2, 80.1, 67.2]
    assert lab_of((0, 0, 255)) == [32.3, 79.2, -107.9]
    assert lab_of((0, 0, 0)) == [0.0, 0.0, 0.0]


def test_lab_and_back_is_the_same_picture() -> None:
    image = picture(96, 64)
    assert (np.asarray(from_lab(to_lab(image))) == np.asarray(image)).all()


def test_a_tinted_picture_gets_its_colours_back() -> None:
    noise = np.random.default_rng(3).normal((120, 110, 100), (25, 18, 12), (64, 64, 3))
    root = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
    tinted = Image.merge("RGB", [band.point(lambda v, k=k: v * k) for band, k in zip(
        root.split(), (1.0, 0.8, 1.0), strict=True)])  # fmt: skip

    def apart(image: Image.Image) -> float:
        mean = to_lab(image).mean(axis=(0, 1)) - to_lab(root).mean(axis=(0, 1))
        return float(np.linalg.norm(mean))

    assert apart(tinted) > 10
    assert apart(match_colours(tinted, root.resize((20, 10)))) < 1.5


def test_a_flat_picture_takes_the_colour_and_no_noise() -> None:
    matched = np.asarray(match_colours(Image.new("RGB", (9, 9), "grey"), picture()))
    assert (matched == matched[0, 0]).all()
