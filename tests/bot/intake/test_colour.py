"""Modes, depths, transparency and colour profiles."""

import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from bot.intake.colour import BROKEN_PROFILE
from tests.bot.intake.conftest import Taker
from tests.bot.intake.pictures import (
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

GAMMA = 2.2
# Colorants of Display P3 and sRGB under D50: columns red, green, blue; rows X, Y, Z.
P3 = ((0.5151, 0.2920, 0.1571), (0.2412, 0.6922, 0.0666), (-0.0011, 0.0419, 0.7841))
SRGB = ((0.4361, 0.3851, 0.1431), (0.2225, 0.7169, 0.0606), (0.0139, 0.0971, 0.7141))


def wide_profile() -> bytes:
    """A matrix profile with the primaries of Display P3 and a plain gamma (ICC.1:2001-04)."""

    def fixed(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(values: tuple[float, ...]) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(fixed(value) for value in values)

    name = b"Wide\0"
    curve = b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(GAMMA * 256))
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": xyz((0.9642, 1.0, 0.8249)),
        **{name + b"TRC": curve for name in (b"r", b"g", b"b")},
        **{
            name + b"XYZ": xyz(tuple(row[at] for row in P3))
            for at, name in enumerate((b"r", b"g", b"b"))
        },
    }
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for tag, content in tags.items():
        padded = content + bytes(-len(content) % 4)
        table += tag + struct.pack(">II", start + len(body), len(content))
        body += padded
    size = start + len(body)
    header = struct.pack(">I4xI", size, 0x02400000) + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    header = header.ljust(68, b"\0") + b"".join(fixed(v) for v in (0.9642, 1.0, 0.8249))
    return header.ljust(128, b"\0") + table + body


def expected_in_srgb(colour: tuple[int, int, int]) -> tuple[int, ...]:
    """What ``wide_profile`` means by a colour, in sRGB (IEC 61966-2-1)."""
    linear = (np.array(colour) / 255) ** GAMMA
    there = np.clip(np.linalg.solve(np.array(SRGB), np.array(P3) @ linear), 0, 1)
    coded = np.where(there <= 0.0031308, 12.92 * there, 1.055 * there ** (1 / 2.4) - 0.055)
    return tuple(int(value) for value in np.rint(coded * 255))


@pytest.mark.parametrize("colour", [(200, 100, 90), (90, 160, 110), (128, 128, 128), (255, 0, 0)])
@pytest.mark.parametrize("name", ["PNG", "WEBP", "TIFF"])
def test_a_wide_profile_is_converted(taker: Taker, name: str, colour: tuple[int, int, int]) -> None:
    options = {"lossless": True} if name == "WEBP" else {}
    source = Image.new("RGB", (80, 80), colour)
    data = encoded(source, name, icc_profile=wide_profile(), **options)
    prepared = taker.prepare(data, SMALL)
    found = colour_at(opened(prepared.image), (32, 32))
    assert near(found, expected_in_srgb(colour), 2)
    assert prepared.notes == ()


def test_the_conversion_is_more_than_nothing() -> None:
    assert not near(expected_in_srgb((200, 100, 90)), (200, 100, 90), 8)


def test_srgb_changes_nothing_that_shows(taker: Taker) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(quadrants(), "PNG", icc_profile=profile)
    assert shows_quadrants(opened(taker.prepare(data, SMALL).image))


def test_transparency_survives_a_profile(taker: Taker) -> None:
    source = Image.new("RGBA", (80, 80), (200, 100, 90, 128))
    prepared = taker.prepare(encoded(source, "PNG", icc_profile=wide_profile()), SMALL)
    assert prepared.alpha is not None
    assert opened(prepared.alpha).getextrema() == (128, 128)
    assert "icc_profile" not in opened(prepared.alpha).info


@pytest.mark.parametrize(
    "profile", [b"not a profile", wide_profile()[:200], bytes(128), wide_profile()[:-40]]
)
def test_a_broken_profile_is_ignored_and_said(taker: Taker, profile: bytes) -> None:
    prepared = taker.prepare(encoded(quadrants(), "PNG", icc_profile=profile), SMALL)
    image = opened(prepared.image)
    assert shows_quadrants(image)
    assert "icc_profile" not in image.info
    assert prepared.notes == (BROKEN_PROFILE,)


def test_a_profile_for_other_colours_is_ignored_and_said(taker: Taker) -> None:
    source = quadrants().convert("CMYK")
    prepared = taker.prepare(encoded(source, "TIFF", icc_profile=wide_profile()), SMALL)
    assert prepared.notes == (BROKEN_PROFILE,)


def test_grey_with_the_profile_of_a_colour_picture(taker: Taker) -> None:
    source = Image.new("L", (80, 80), 128)
    prepared = taker.prepare(encoded(source, "PNG", icc_profile=wide_profile()), SMALL)
    found = colour_at(opened(prepared.image), (5, 5))
    assert near(found, expected_in_srgb((128, 128, 128)), 2)
    assert prepared.notes == ()


@pytest.mark.parametrize("name", ["JPEG", "TIFF"])
def test_cmyk(taker: Taker, name: str) -> None:
    data = encoded(quadrants().convert("CMYK"), name)
    assert shows_quadrants(opened(taker.prepare(data, SMALL).image))


@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_sixteen_bits_keep_their_range(taker: Taker, name: str) -> None:
    wide = np.linspace(0, 65535, 80 * 80, dtype=np.uint16).reshape(80, 80)
    found = opened(taker.prepare(encoded(Image.fromarray(wide), name), SMALL).image)
    grey = np.asarray(found.convert("L")).astype(int)
    assert np.abs(grey - wide / 257).max() <= 1


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.0, 9.0), (0.0, 4000.0)])
def test_floats_are_stretched_to_what_they_hold(taker: Taker, low: float, high: float) -> None:
    ramp = np.linspace(low, high, 80 * 80, dtype=np.float32).reshape(80, 80)
    found = opened(taker.prepare(encoded(Image.fromarray(ramp), "TIFF"), SMALL).image)
    assert found.convert("L").getextrema() == (0, 255)


@pytest.mark.parametrize("value", [0.0, 7.0, float("nan"), float("inf")])
def test_flat_and_odd_floats_are_still_a_picture(taker: Taker, value: float) -> None:
    flat = Image.fromarray(np.full((80, 80), value, dtype=np.float32))
    prepared = taker.prepare(encoded(flat, "TIFF"), SMALL)
    assert opened(prepared.image).size == (80, 80)


@pytest.mark.parametrize("mode", ["1", "L", "P", "YCbCr"])
def test_plain_modes(taker: Taker, mode: str) -> None:
    name = "JPEG" if mode == "YCbCr" else "PNG"
    source = quadrants().convert(mode)
    found = opened(taker.prepare(encoded(source, name), SMALL).image)
    meant = source.convert("RGB")
    assert near(colour_at(found, (10, 10)), colour_at(meant, (10, 10)))
    assert near(colour_at(found, (60, 50)), colour_at(meant, (60, 50)))


def half_clear(mode: str = "RGBA") -> Image.Image:
    """Red, with its right half wholly transparent."""
    image = Image.new("RGBA", (80, 80), (*RED, 255))
    image.paste((0, 0, 0, 0), (40, 0, 80, 80))
    return image.convert(mode)


def clear_palette(image: Image.Image) -> Image.Image:
    image = image.convert("RGB").quantize(4)
    image.info["transparency"] = image.getpixel((60, 10))
    return image


@pytest.mark.parametrize(
    "data",
    [
        encoded(half_clear(), "PNG"),
        encoded(half_clear(), "WEBP", lossless=True),
        encoded(half_clear(), "AVIF", quality=100),
        encoded(half_clear(), "TIFF"),
        encoded(clear_palette(half_clear()), "PNG", transparency=1),
        encoded(half_clear("RGB"), "PNG", transparency=(0, 0, 0)),
        encoded(clear_palette(half_clear()), "GIF"),
    ],
    ids=["png", "webp", "avif", "tiff", "palette", "key colour", "gif"],
)
def test_transparency_is_set_aside_on_white(taker: Taker, data: bytes) -> None:
    prepared = taker.prepare(data, SMALL)
    image = opened(prepared.image)
    assert prepared.alpha is not None
    alpha = opened(prepared.alpha)
    assert (alpha.mode, alpha.size) == ("L", image.size)
    solid = (10, 10) if alpha.getpixel((10, 10)) == 255 else (50, 10)
    clear = (60 - solid[0], 10)
    assert (alpha.getpixel(solid), alpha.getpixel(clear)) == (255, 0)
    assert near(colour_at(image, clear), WHITE)
    assert not near(colour_at(image, solid), WHITE)
    assert any("transparency" in str(note) for note in prepared.notes)


def test_grey_with_transparency(taker: Taker) -> None:
    source = Image.merge(
        "LA", (Image.new("L", (80, 80), 90), Image.linear_gradient("L").resize((80, 80)))
    )
    prepared = taker.prepare(encoded(source, "PNG"), SMALL)
    assert prepared.alpha is not None
    assert opened(prepared.alpha).tobytes() == source.getchannel("A").tobytes()


def test_an_opaque_alpha_channel_is_dropped(taker: Taker) -> None:
    prepared = taker.prepare(encoded(gradient(80, 80, "RGBA"), "PNG"), SMALL)
    assert (prepared.alpha, prepared.notes) == (None, ())


def test_hidden_colours_do_not_bleed_when_scaled(taker: Taker) -> None:
    # Bright green lies under the transparent half; scaled naively it would fringe the red.
    image = Image.new("RGBA", (600, 600), (0, 255, 0, 0))
    image.paste((*RED, 255), (0, 0, 300, 600))
    flat = np.asarray(opened(taker.prepare(encoded(image, "PNG")).image)).astype(int)
    assert (flat[..., 1] - flat[..., 2]).max() <= 4
