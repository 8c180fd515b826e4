"""What a file is by its first bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake import NotAPicture, UnsupportedFormat
from bot.intake.sniff import PictureFormat, sniff
from tests.bot.intake.pictures import FORMATS, PHONE_HEIC, encoded, quadrants


def box(major: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + major + bytes(4) + b"".join(compatible)
    return (len(body) + 4).to_bytes(4, "big") + body + bytes(64)


@pytest.mark.parametrize("name", FORMATS)
def test_real_files_are_known(name: str) -> None:
    assert sniff(encoded(quadrants(), name)) is PictureFormat(name)


def test_a_phones_heic_is_known() -> None:
    assert sniff(PHONE_HEIC.read_bytes()) is PictureFormat.HEIC


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (box(b"avif", b"mif1"), PictureFormat.AVIF),
        (box(b"avis"), PictureFormat.AVIF),
        (box(b"mif1", b"miaf", b"avif"), PictureFormat.AVIF),
        (box(b"mif1", b"heic"), PictureFormat.HEIC),
        (box(b"msf1"), PictureFormat.HEIC),
        (box(b"heix", b"mif1"), PictureFormat.HEIC),
        (b"MM\x00\x2a" + bytes(8), PictureFormat.TIFF),
        (b"II\x2b\x00" + bytes(8), PictureFormat.TIFF),
    ],
)
def test_brands_and_byte_orders(data: bytes, found: PictureFormat) -> None:
    assert sniff(data) is found


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x -->\n<svg >", "SVG"),
        ("\ufeff<?xml version='1.0'?><svg width='1'>".encode("utf-16-le"), "SVG"),
        (b"<x:svg xmlns:x='http://www.w3.org/2000/svg'>", "SVG"),
        (b"<!DOCTYPE html><html><body>", "web page"),
        (b"  <HTML >", "web page"),
        (b"%PDF-1.7\n", "PDF"),
        (box(b"isom", b"mp42"), "video"),
        (box(b"qt  "), "video"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "video"),
        (b"\x1a\x45\xdf\xa3" + bytes(20), "video"),
        (b"\xff\x0a" + bytes(20), "JPEG XL"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"8BPS\x00\x01", "Photoshop"),
        (b"\x00\x00\x01\x00\x01\x00", "icon"),
    ],
)
def test_what_is_not_taken_is_called_by_its_name(data: bytes, word: str) -> None:
    with pytest.raises(UnsupportedFormat, match=word) as caught:
        sniff(data)
    assert "JPEG, PNG or WebP" in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"B", b"BMW is a car maker of Bavaria", b"RIFF", bytes(64)])
def test_the_rest_is_no_picture(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        sniff(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_format_or_refused(data: bytes) -> None:
    try:
        found = sniff(data)
    except (NotAPicture, UnsupportedFormat):
        return
    assert found in PictureFormat
