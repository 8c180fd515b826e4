"""Files that are made to hurt: each gives one sentence, and the next picture is taken."""

import asyncio
import struct
import sys
import zlib

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.intake import (
    BrokenPicture,
    Intake,
    IntakeError,
    IntakeLimits,
    NotAPicture,
    Prepared,
    TooManyBytes,
    TooManyPixels,
    TooMuchMemory,
    TooNarrow,
    UnsupportedFormat,
)
from tests.bot.intake.conftest import Taker
from tests.bot.intake.pictures import (
    FORMATS,
    LIMITS,
    MIB,
    PHONE_HEIC,
    SMALL,
    encoded,
    gradient,
    quadrants,
)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int, *extra: bytes, rows: bytes = bytes(64)) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + body + chunk(b"IEND", b"")


def webp_of(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + sides
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg_of(width: int, height: int) -> bytes:
    data = bytearray(encoded(quadrants(), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def bmp_of(width: int, height: int) -> bytes:
    data = bytearray(encoded(quadrants(), "BMP"))
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


def tiff_of(width: int, height: int) -> bytes:
    entries = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1)]
    entries += [(273, 4, 8), (277, 3, 1), (278, 4, height), (279, 4, 16)]
    table = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II\x2a\0" + struct.pack("<IH", 8, len(entries)) + table + bytes(16)


def gif_of(width: int, height: int) -> bytes:
    frame = struct.pack("<BHHHHB", 0x2C, 0, 0, width, height, 0)
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + frame + b"\x02\x02D\x01\0;"


@pytest.mark.parametrize(
    "data",
    [
        png_of(60_000, 60_000),
        png_of(2**31 - 1, 2**31 - 1),
        gif_of(65_535, 65_535),
        webp_of(16_383, 16_383),
        webp_of(4200, 4200),
        jpeg_of(65_500, 65_500),
        bmp_of(100_000, 100_000),
        tiff_of(90_000, 90_000),
        jpeg_of(4001, 4001),
    ],
)
def test_bombs_are_refused_by_what_they_declare(taker: Taker, data: bytes) -> None:
    with pytest.raises(TooManyPixels, match="16 million is the most"):
        taker.prepare(data)


@pytest.mark.parametrize(("most", "taken"), [(6400, True), (6399, False)])
async def test_the_limit_is_exact(most: int, taken: bool) -> None:
    intake = Intake(msgspec.structs.replace(LIMITS, max_pixels=most), processes=1)
    square = encoded(gradient(80, 80), "PNG")
    try:
        found = await asyncio.gather(intake.prepare(square, SMALL), return_exceptions=True)
    finally:
        await intake.close()
    assert isinstance(found[0], Prepared if taken else TooManyPixels)


def test_a_picture_within_the_limit_that_unpacks_to_a_lot(taker: Taker) -> None:
    data = encoded(Image.new("1", (4000, 4000)), "PNG")
    assert len(data) < 20_000
    assert taker.prepare(data).original_width == 4000


def test_packed_text_beside_the_pixels_is_not_unpacked_forever(taker: Taker) -> None:
    bomb = zlib.compress(bytes(64 * MIB))
    for extra in (chunk(b"zTXt", b"a\0\0" + bomb), chunk(b"iCCP", b"a\0\0" + bomb)):
        try:
            prepared = taker.prepare(png_of(64, 64, extra, rows=bytes(64 * 193)), SMALL)
        except BrokenPicture:
            continue
        assert len(prepared.image) < 1000


@pytest.mark.parametrize(("width", "height"), [(15_000, 1), (1, 15_000), (4000, 100)])
def test_ribbons_are_too_narrow(taker: Taker, width: int, height: int) -> None:
    with pytest.raises(TooNarrow, match=f"{width} × {height}"):
        taker.prepare(encoded(Image.new("L", (width, height)), "PNG"))


def test_too_many_bytes_are_not_even_sent(taker: Taker) -> None:
    with pytest.raises(TooManyBytes, match=r"8\.0 MB; 8 MB is the most"):
        taker.prepare(bytes(LIMITS.max_bytes + 1))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", NotAPicture),
        (b"\x00", NotAPicture),
        (b"Dear Sir or Madam", NotAPicture),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", UnsupportedFormat),
        (b"<!doctype html><html></html>", UnsupportedFormat),
        (b"%PDF-1.4 %%EOF", UnsupportedFormat),
        (b"\xff\xd8\xff", BrokenPicture),
        (b"\x89PNG\r\n\x1a\n", BrokenPicture),
        (b"GIF89a", BrokenPicture),
        (b"RIFF\x10\0\0\0WEBPVP8 ", BrokenPicture),
        (b"II\x2a\0\x08\0\0\0", BrokenPicture),
        (b"MM\0\x2b\0\x08\0\0" + bytes(20), BrokenPicture),
        (b"\0\0\0\x18ftypavif" + bytes(12), BrokenPicture),
        (b"\0\0\0\x18ftypheic" + bytes(12), BrokenPicture),
        (b"BM" + bytes(12) + b"\x28" + bytes(40), BrokenPicture),
        (png_of(0, 10), BrokenPicture),
    ],
)
def test_what_is_no_picture_is_said(taker: Taker, data: bytes, reason: type[IntakeError]) -> None:
    with pytest.raises(IntakeError) as caught:
        taker.prepare(data)
    assert type(caught.value) is reason


def test_hostile_metadata_is_not_looked_at(taker: Taker) -> None:
    exif = (
        b"Exif\0\0II\x2a\0\x08\0\0\0\xff\xff"
        + b"\x12\x01\x02\0\xff\xff\xff\x7f\xff\xff\xff\x7f" * 9
    )
    data = encoded(quadrants(), "JPEG", exif=exif, comment=b"\x1b[2J@everyone \xe2\x80\xae")
    prepared = taker.prepare(data, SMALL)
    assert b"everyone" not in prepared.image
    assert prepared.notes == ()


def sources() -> dict[str, bytes]:
    found = {name: encoded(gradient(88, 72), name) for name in FORMATS}
    found["HEIC"] = PHONE_HEIC.read_bytes()
    palette = gradient(88, 72).quantize(16)
    found["PNG palette"] = encoded(palette, "PNG", transparency=2)
    found["WebP alpha"] = encoded(gradient(88, 72, "RGBA"), "WEBP", lossless=True)
    found["JPEG progressive"] = encoded(gradient(88, 72), "JPEG", progressive=True)
    found["TIFF JPEG"] = encoded(gradient(88, 72), "TIFF", compression="jpeg")
    frames = {"save_all": True, "append_images": [quadrants()]}
    found["GIF frames"] = encoded(gradient(88, 72), "GIF", **frames)
    found["APNG"] = encoded(gradient(88, 72), "PNG", **frames)
    return found


SOURCES = sources()


@pytest.mark.parametrize("name", SOURCES)
def test_cut_short_anywhere(taker: Taker, name: str) -> None:
    data = SOURCES[name]
    for tenth in range(10):
        # One frame of two may be whole, which is all that is looked at.
        cut = data[: len(data) * tenth // (20 if name in ("GIF frames", "APNG") else 10)]
        with pytest.raises((BrokenPicture, NotAPicture)):
            taker.prepare(cut, SMALL)


# Reasons that a damaged file has no right to.
NO_EXCUSES = {"took_too_long", "intake_unavailable", "intake"}


def refusal_of(taker: Taker, data: bytes) -> IntakeError | None:
    try:
        taker.prepare(data, SMALL)
    except IntakeError as error:
        return error
    return None


def taken_or_refused(taker: Taker, data: bytes) -> bool:
    refused = refusal_of(taker, data)
    if refused is None:
        return True
    # A codec may crash, for which there is the sandbox; but an exception of Pillow that nobody
    # caught ends the process with 1, and those are all ours to catch.
    uncaught = refused.detail.endswith("ended with 1")
    return not uncaught and refused.code not in NO_EXCUSES and str(refused).endswith(".")


def test_a_codec_that_crashes_costs_one_picture(taker: Taker) -> None:
    # pi_heif 1.4.0 dies of this one: metadata of a kind that nobody knows.
    data = bytearray(SOURCES["HEIC"])
    data[data.index(b"Exif")] = 0x80
    assert refusal_of(taker, bytes(data)) is not None
    assert refusal_of(taker, SOURCES["HEIC"]) is None


Damage = list[tuple[float, bytes]]
damages = st.lists(
    st.tuples(st.floats(0, 1), st.one_of(st.binary(min_size=1, max_size=8))), min_size=1, max_size=6
)


def damaged(data: bytes, damage: Damage) -> bytes:
    spoilt = bytearray(data)
    for where, what in damage:
        at = int(where * (len(spoilt) - 1))
        spoilt[at : at + len(what)] = what
    return bytes(spoilt)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@pytest.mark.parametrize("name", SOURCES)
@given(damage=damages, keep=st.floats(0.3, 1.0))
@example(damage=[(0.0, b"\xff\xd8\xff\xe1")], keep=1.0)
def test_damaged_at_random(taker: Taker, name: str, damage: Damage, keep: float) -> None:
    data = damaged(SOURCES[name], damage)
    assert taken_or_refused(taker, data)
    assert taken_or_refused(taker, data[: int(len(data) * keep)])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(head=st.sampled_from(sorted(SOURCES)), tail=st.binary(max_size=300), keep=st.integers(3, 64))
def test_a_known_beginning_and_then_noise(taker: Taker, head: str, tail: bytes, keep: int) -> None:
    assert taken_or_refused(taker, SOURCES[head][:keep] + tail)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    first=st.sampled_from(sorted(SOURCES)),
    second=st.sampled_from(sorted(SOURCES)),
    cut=st.floats(0, 1),
)
def test_two_files_grown_together(taker: Taker, first: str, second: str, cut: float) -> None:
    one, two = SOURCES[first], SOURCES[second]
    assert taken_or_refused(taker, one[: int(len(one) * cut)] + two[int(len(two) * cut) :])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
async def test_more_memory_than_allowed_is_said_and_the_next_is_taken() -> None:
    tight = IntakeLimits(
        max_bytes=8 * MIB, max_pixels=64_000_000, timeout_s=20.0, memory_bytes=192 * MIB
    )
    intake = Intake(tight, processes=1)
    try:
        await intake.start()
        before = intake.pids
        with pytest.raises(TooMuchMemory, match="more memory than I have"):
            await intake.prepare(png_of(8000, 8000, rows=bytes(24_001 * 8000)), SMALL)
        # Its heap is in pieces, so the process was replaced.
        assert intake.pids != before
        prepared = await intake.prepare(encoded(quadrants(), "PNG"), SMALL)
        assert prepared.width == 88
    finally:
        await intake.close()
