"""Pictures of our own: transparency put back, made to fit, beside each other, small."""

import numpy as np
import pytest
from PIL import Image

from bot.intake import BrokenPicture, CannotShrink
from tests.bot.intake.conftest import Taker
from tests.bot.intake.pictures import (
    BLUE,
    RED,
    SMALL,
    WHITE,
    colour_at,
    encoded,
    gradient,
    near,
    opened,
    quadrants,
    shows_quadrants,
)


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    bands = len(Image.new(mode, (1, 1)).getbands())
    values = np.random.default_rng(7).integers(0, 256, (height, width, bands), dtype=np.uint8)
    return Image.fromarray(values, mode)


def lossless(image: Image.Image) -> bytes:
    return encoded(image, "WEBP", lossless=True)


def test_transparency_goes_out_and_back(taker: Taker) -> None:
    source = gradient(80, 80).convert("RGBA")
    source.putalpha(Image.radial_gradient("L").resize((80, 80)))
    prepared = taker.prepare(encoded(source, "PNG"), SMALL)
    assert prepared.alpha is not None
    result = lossless(quadrants(80, 80))
    image = opened(taker.run(taker.intake.restore(result, prepared.alpha)))
    assert (image.format, image.mode, image.size) == ("WEBP", "RGBA", (80, 80))
    assert image.getchannel("A").tobytes() == source.getchannel("A").tobytes()
    assert near(colour_at(image, (16, 48)), (*BLUE, 255), 250)


def test_transparency_is_scaled_to_the_result(taker: Taker) -> None:
    alpha = Image.new("L", (64, 64), 0)
    alpha.paste(255, (0, 0, 32, 64))
    image = opened(
        taker.run(taker.intake.restore(lossless(gradient(128, 96)), encoded(alpha, "PNG")))
    )
    assert image.size == (128, 96)
    assert image.getchannel("A").getpixel((20, 50)) == 255
    assert image.getchannel("A").getpixel((100, 50)) == 0


def test_what_fits_goes_out_as_it_is(taker: Taker) -> None:
    image = lossless(gradient(64, 64))
    sent = taker.shrink(image, len(image))
    assert (sent.data, sent.notes) == (image, ())
    assert (sent.media_type, sent.extension) == ("image/webp", ".webp")


@pytest.mark.parametrize(("name", "extension"), [("PNG", ".png"), ("JPEG", ".jpg")])
def test_the_media_type_is_that_of_the_bytes(taker: Taker, name: str, extension: str) -> None:
    sent = taker.shrink(encoded(quadrants(), name), 10**6)
    assert (sent.media_type, sent.extension) == (f"image/{name.lower()}", extension)


def test_a_wasteful_file_fits_without_loss(taker: Taker) -> None:
    image = gradient(200, 200)
    wasteful = encoded(image, "BMP")
    sent = taker.shrink(wasteful, len(wasteful) - 1)
    assert opened(sent.data).convert("RGB").tobytes() == image.tobytes()
    assert sent.notes == ()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("part", [0.9, 0.6, 0.3, 0.1, 0.03, 0.01])
def test_it_never_exceeds_the_limit(taker: Taker, part: float, mode: str) -> None:
    image = lossless(noise(256, 192, mode))
    most = int(len(image) * part)
    sent = taker.shrink(image, most)
    assert len(sent.data) <= most
    found = opened(sent.data)
    assert found.mode == mode
    assert found.width / found.height == pytest.approx(256 / 192, rel=0.05)
    assert len(sent.notes) == 1


def test_quality_is_given_up_before_size_and_both_are_said(taker: Taker) -> None:
    image = lossless(noise(256, 192))
    less, least = taker.shrink(image, len(image) // 2), taker.shrink(image, len(image) // 50)
    assert opened(less.data).size == (256, 192)
    assert "quality" in str(less.notes[0])
    width, height = opened(least.data).size
    assert width < 256
    assert f"{width} × {height}" in str(least.notes[0])


@pytest.mark.parametrize("most", [0, 1, 60, -5])
def test_what_cannot_fit_is_said(taker: Taker, most: int) -> None:
    with pytest.raises(CannotShrink, match="larger uploads"):
        taker.shrink(lossless(noise(256, 192)), most)


def test_before_and_after_stand_side_by_side(taker: Taker) -> None:
    before = encoded(Image.new("RGB", (100, 50), RED), "PNG")
    after = lossless(Image.new("RGB", (120, 100), BLUE))
    image = opened(taker.run(taker.intake.side_by_side(before, after)))
    assert (image.mode, image.height) == ("RGB", 100)
    assert image.width == 200 + 8 + 120
    for spot, colour in (((5, 50), RED), ((195, 5), RED), ((204, 50), WHITE), ((212, 99), BLUE)):
        assert near(colour_at(image, spot), colour, 2)


def test_the_gap_is_clear_when_a_picture_is(taker: Taker) -> None:
    after = lossless(Image.new("RGBA", (120, 100), (*BLUE, 90)))
    pair = taker.run(taker.intake.side_by_side(encoded(quadrants(), "PNG"), after))
    image = opened(pair)
    left = image.width - 120 - 8
    assert near(colour_at(image, (2, 2)), (*RED, 255), 2)
    assert image.getchannel("A").getpixel((left + 4, 50)) == 0
    assert image.getchannel("A").getpixel((image.width - 3, 50)) == 90


def test_a_thumbnail_is_small_and_keeps_its_shape(taker: Taker) -> None:
    small = opened(taker.run(taker.intake.thumbnail(encoded(quadrants(880, 720), "PNG"), 128)))
    assert small.size == (128, 105)
    assert shows_quadrants(small)


def test_a_thumbnail_is_never_larger_than_its_picture(taker: Taker) -> None:
    small = opened(taker.run(taker.intake.thumbnail(encoded(quadrants(88, 72), "PNG"), 500)))
    assert small.size == (88, 72)


def test_metadata_does_not_go_out_either(taker: Taker) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker of cameras"
    image = encoded(quadrants(), "PNG", exif=exif)
    small = taker.run(taker.intake.thumbnail(image, 64))
    assert b"Maker" not in small
    assert b"Maker" not in taker.run(taker.intake.side_by_side(image, image))
    assert b"Maker" not in taker.shrink(image, len(image) - 1).data


def test_a_damaged_picture_of_ours_is_said(taker: Taker) -> None:
    cut = lossless(noise(64, 64))[:3000]
    with pytest.raises(BrokenPicture):
        taker.run(taker.intake.thumbnail(cut, 64))
    with pytest.raises(BrokenPicture):
        taker.shrink(cut, 100)
