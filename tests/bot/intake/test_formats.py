"""Every format that is taken in becomes the same clean picture."""

import io

import pytest
from PIL import Image

from bot.intake import SizeRule
from tests.bot.intake.conftest import Taker
from tests.bot.intake.pictures import (
    FORMATS,
    PHONE_HEIC,
    RULE,
    SMALL,
    colour_at,
    encoded,
    gradient,
    opened,
    quadrants,
    shows_quadrants,
)

# What undoes the turn that each orientation asks for.
STORED_AS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def exif_with(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Maker of cameras"
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (52.0, 31.0, 12.0)
    return exif


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_taken(taker: Taker, name: str) -> None:
    prepared = taker.prepare(encoded(quadrants(300, 200), name))
    image = opened(prepared.image)
    assert image.format == "WEBP"
    assert shows_quadrants(image)
    assert image.size == (prepared.width, prepared.height)
    assert (prepared.original_width, prepared.original_height) == (300, 200)
    assert prepared.alpha is None
    assert prepared.format.upper() == name


def test_a_phones_heic_is_taken_upright_and_bare(taker: Taker) -> None:
    prepared = taker.prepare(PHONE_HEIC.read_bytes())
    assert shows_quadrants(opened(prepared.image))
    assert (prepared.original_width, prepared.original_height) == (96, 128)
    assert prepared.format == "HEIC"
    assert b"Phone of the fixture" in PHONE_HEIC.read_bytes()
    assert b"Phone of the fixture" not in prepared.image


def test_what_fits_is_taken_pixel_by_pixel(taker: Taker) -> None:
    source = gradient(88, 72)
    prepared = taker.prepare(encoded(source, "PNG"), SMALL)
    assert opened(prepared.image).tobytes() == source.tobytes()
    assert prepared.notes == ()


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", STORED_AS)
def test_it_is_turned_upright(taker: Taker, name: str, orientation: int) -> None:
    turn = STORED_AS[orientation]
    stored = quadrants(300, 200) if turn is None else quadrants(300, 200).transpose(turn)
    prepared = taker.prepare(encoded(stored, name, exif=exif_with(orientation)))
    assert shows_quadrants(opened(prepared.image))
    assert (prepared.original_width, prepared.original_height) == (300, 200)
    assert prepared.width > prepared.height


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_place_and_maker_are_left_out(taker: Taker, name: str) -> None:
    data = encoded(quadrants(), name, exif=exif_with(6))
    # Pillow writes no place into a TIFF.
    assert name == "TIFF" or opened(data).getexif().get_ifd(0x8825)
    assert b"Maker of cameras" in data
    image = taker.prepare(data).image
    assert b"Maker of cameras" not in image
    assert not dict(opened(image).getexif())
    assert {"exif", "xmp", "icc_profile"}.isdisjoint(opened(image).info)


@pytest.mark.parametrize("name", ["GIF", "WEBP", "PNG", "AVIF"])
def test_the_first_frame_is_taken_and_said(taker: Taker, name: str) -> None:
    others = [gradient(88, 72), gradient(88, 72).rotate(90)]
    data = encoded(quadrants(), name, save_all=True, append_images=others, duration=50)
    prepared = taker.prepare(data, SMALL)
    assert shows_quadrants(opened(prepared.image))
    assert tuple(map(str, prepared.notes)) == ("I took the first frame.",)


def test_the_first_page_is_taken_and_said(taker: Taker) -> None:
    data = encoded(quadrants(), "TIFF", save_all=True, append_images=[gradient(300, 20)])
    prepared = taker.prepare(data, SMALL)
    assert shows_quadrants(opened(prepared.image))
    assert tuple(map(str, prepared.notes)) == ("I took the first page.",)


def test_a_phones_double_picture_is_one_picture(taker: Taker) -> None:
    data = encoded(quadrants(), "MPO", save_all=True, append_images=[gradient(88, 72)])
    prepared = taker.prepare(data, SMALL)
    assert shows_quadrants(opened(prepared.image))
    assert (prepared.format, prepared.notes) == ("JPEG", ())


def test_thousands_of_frames_cost_no_more_than_one(taker: Taker) -> None:
    one = encoded(gradient(8, 8).convert("P"), "GIF")
    # A GIF is its header, then image blocks, then ";": repeat the block.
    start = one.index(b",")
    data = one[:start] + one[start:-1] * 10_000 + b";"
    assert "I took the first frame." in map(str, taker.prepare(data).notes)


def test_a_large_photo_is_averaged_not_sampled(taker: Taker) -> None:
    # Every other column black: nearest-neighbour or a lazy decoder would give black or white.
    stripes = Image.new("L", (2048, 2048), 255)
    for column in range(0, 2048, 2):
        stripes.paste(0, (column, 0, column + 1, 2048))
    for name in ("JPEG", "PNG"):
        grey = opened(taker.prepare(encoded(stripes, name)).image).convert("L")
        assert set(grey.tobytes()) <= set(range(118, 139))


def test_enlarging_is_said(taker: Taker) -> None:
    assert tuple(map(str, taker.prepare(encoded(gradient(10, 10), "PNG")).notes)) == (
        "I enlarged it from 10 × 10 to 512 × 512.",
    )


def test_trimming_is_said_when_it_shows(taker: Taker) -> None:
    coarse = SizeRule(area_side=512, max_side=768, multiple=64)
    prepared = taker.prepare(encoded(gradient(1920, 1080), "JPEG"), coarse)
    assert (prepared.width, prepared.height) == (704, 384)
    assert tuple(map(str, prepared.notes)) == (
        "I scaled it from 1920 × 1080 to 704 × 384.",
        "I trimmed 3% at the top and bottom to fit.",
    )
    assert len(taker.prepare(encoded(gradient(1920, 1080), "JPEG"), RULE).notes) == 1


def test_the_trim_is_even(taker: Taker) -> None:
    # 81 × 64 is taken as 80 × 64 or the like; the middle line must stay in the middle.
    wide = SizeRule(area_side=64, max_side=128, multiple=64)
    image = opened(taker.prepare(encoded(quadrants(90, 64), "PNG"), wide).image)
    assert image.size == (64, 64)
    assert shows_quadrants(image)
    before, after = colour_at(image, (28, 10)), colour_at(image, (35, 10))
    assert before[0] > before[1]
    assert after[0] < after[1]


def test_reading_is_by_content_only(taker: Taker) -> None:
    # A picture with a web page behind it is just that picture.
    data = encoded(quadrants(), "GIF") + b"<script>alert(1)</script>"
    prepared = taker.prepare(data, SMALL)
    assert b"script" not in prepared.image
    assert Image.open(io.BytesIO(prepared.image)).format == "WEBP"
