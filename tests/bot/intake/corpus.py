"""Makes the corpus of bad files: from the same seed the same, so that none lie in the repository.

``python -m tests.bot.intake.corpus FOLDER`` writes them out, for `restyle intake FOLDER/* --json`.
"""

import argparse
import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from tests.bot.intake.pictures import FORMATS, PHONE_HEIC, encoded, gradient, quadrants

SEED = 20
Bad = tuple[str, bytes]


def corpus(seed: int = SEED) -> Iterator[Bad]:
    """All of it: names with bytes. Every file is bad enough to be refused."""
    yield from _bombs()
    yield from _ribbons()
    yield from _no_pictures()
    yield from _cut_short(random.Random(seed))
    yield from _known_beginnings(random.Random(seed + 1))
    yield from _broken_middles(random.Random(seed + 2))


def odd_files() -> Iterator[Bad]:
    """Files that look bad and may be taken or refused, as long as it is said which."""
    photo = gradient(88, 72)
    hostile = b"Exif\0\0II\x2a\0\x08\0\0\0\xff\xff" + b"\x12\x01\x02\0\xff\xff\xff\x7f" * 18
    yield "cmyk.jpg", encoded(photo.convert("CMYK"), "JPEG")
    yield "sixteen-bit.png", encoded(photo.convert("I;16"), "PNG")
    yield "palette-alpha.png", encoded(photo.quantize(16), "PNG", transparency=2)
    yield "broken-icc.jpg", encoded(photo, "JPEG", icc_profile=b"\0\0\1\0nonsense" * 40)
    yield "broken-icc.png", encoded(photo, "PNG", icc_profile=b"no profile at all")
    yield "exif-hostile.jpg", encoded(photo, "JPEG", exif=hostile)
    yield "comment-hostile.jpg", encoded(photo, "JPEG", comment=b"\x1b[2J@everyone \xe2\x80\xae")
    yield "ten-thousand-frames.gif", _frames(10_000)
    yield "ten-thousand-frames.png", _png_frames(10_000)
    yield "ten-thousand-frames.webp", _webp_frames(10_000)
    yield "polyglot.gif", encoded(photo, "GIF") + b"<script>alert(1)</script>"
    yield "polyglot.jpg", encoded(photo, "JPEG") + _zip({"photo.png": encoded(photo, "PNG")})
    yield "a.png", encoded(photo, "JPEG")
    yield "text-bomb.png", _png(64, 64, _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1 << 26))))


def _bombs() -> Iterator[Bad]:
    for side in (20_000, 40_000, 65_535, 2**31 - 1):
        yield f"bomb-{side}.png", _png(side, side)
    for width in (9_000, 30_000, 65_535):
        yield f"bomb-{width}.gif", _gif(width, width)
        yield f"bomb-{width}.tif", _tiff(width, width)
        yield f"bomb-{width}.bmp", _bmp(width, width)
        yield f"tiles-{width}.tif", _tiff(64, 64, tile=width)
        for name in ("heic", "avif"):
            yield f"bomb-{width}.{name}", _resized(_container(name), width)
    for side in (9_000, 16_383):
        yield f"bomb-{side}.webp", _webp(side, side)
        yield f"bomb-{side}.jpg", _jpeg(side, side)
    for depth in (1, 2, 3):
        packed = _png(60_000, 60_000)
        for _ in range(depth):
            packed = gzip.compress(packed, mtime=0)
        yield f"nested-{depth}.png", packed


def _ribbons() -> Iterator[Bad]:
    for length in (20_000, 40_000, 65_535):
        yield f"ribbon-{length}x1.png", encoded(Image.new("L", (length, 1)), "PNG")
        yield f"ribbon-1x{length}.png", encoded(Image.new("L", (1, length)), "PNG")
    yield "ribbon-65535x1.gif", _gif(65_535, 1)
    yield "nothing.png", _png(0, 10)


def _no_pictures() -> Iterator[Bad]:
    script = "<script>alert('@everyone')</script>"
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' onload='{script}'/>"
    texts = {
        "svg": svg,
        "xml-svg": f"<?xml version='1.0'?>{svg}",
        "entities-svg": f"<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>{svg}",
        "html": f"<!doctype html><html>{script}</html>",
        "letter": "Dear Sir or Madam, " * 20,
        "json": '{"picture": true}',
        "nul": "\0" * 100,
        "empty": "",
        "one": "P",
    }
    for name, text in texts.items():
        for extension in ("png", "jpg", "webp", "gif"):
            yield f"{name}.{extension}", text.encode()
    yield "document.png", b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    yield "archive.png", _zip({"../../etc/passwd": b"root", "a.png": _png(8, 8)})
    yield "program.png", b"\x7fELF\x02\x01\x01" + bytes(200)
    yield (
        "pickle.png",
        b"\x80\x04\x95\x1e\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
    )
    yield "video.png", b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(64)
    yield "music.png", b"ID3\x04\0\0\0\0\0\0" + bytes(64)
    yield "playlist.jpg", b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n"
    yield "magick.png", b"push graphic-context\nfill 'url(https://example.com/x.jpg\"|ls \"-la)'\n"
    yield "postscript.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) run\n"
    for brand in (b"avif", b"heic", b"heix", b"mif1", b"msf1", b"avis"):
        yield f"empty-{brand.decode()}.heic", b"\0\0\0\x18ftyp" + brand + bytes(12)
        yield f"looped-{brand.decode()}.heic", _looped(brand)


def _cut_short(chance: random.Random) -> Iterator[Bad]:
    for name, data in _whole().items():
        for number in range(22):
            # All of them lie before the end of the pixels.
            keep = int(len(data) * (0.05 + 0.35 * chance.random()))
            yield f"cut-{number}-{name}", data[:keep]


def _known_beginnings(chance: random.Random) -> Iterator[Bad]:
    for name, data in _whole().items():
        for number in range(22):
            noise = chance.randbytes(chance.randrange(50, 2000))
            yield f"noise-{number}-{name}", data[: chance.randrange(12, 24)] + noise


def _broken_middles(chance: random.Random) -> Iterator[Bad]:
    """The beginning of one file and the end of another of a different kind."""
    # WebP decodes nearly any pixels, so that one of its beginnings may make a picture of them.
    whole = [(name, data) for name, data in _whole().items() if "webp" not in name]
    for number in range(120):
        (name, first), (_, second) = chance.sample(whole, 2)
        yield f"grown-{number}-{name}", first[:40] + second[len(second) // 2 :]


def _whole() -> dict[str, bytes]:
    found = {
        f"whole.{name.lower()}": encoded(gradient(88, 72), name)
        for name in FORMATS
        # Of a bitmap without compression any bytes are a picture.
        if name != "BMP"
    }
    found["phone.heic"] = PHONE_HEIC.read_bytes()
    found["palette.png"] = encoded(gradient(88, 72).quantize(16), "PNG", transparency=2)
    found["alpha.webp"] = encoded(gradient(88, 72, "RGBA"), "WEBP", lossless=True)
    found["progressive.jpg"] = encoded(gradient(88, 72), "JPEG", progressive=True)
    found["cmyk.jpg"] = encoded(gradient(88, 72).convert("CMYK"), "JPEG")
    found["deep.png"] = encoded(gradient(88, 72).convert("I;16"), "PNG")
    return found


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, *extra: bytes) -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    rows = bytes(64 * 193) if extra else bytes(64)
    body = _chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + body + _chunk(b"IEND", b"")


def _webp(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + sides
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _jpeg(width: int, height: int) -> bytes:
    data = bytearray(encoded(quadrants(), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def _bmp(width: int, height: int) -> bytes:
    data = bytearray(encoded(quadrants(), "BMP"))
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


def _tiff(width: int, height: int, tile: int | None = None) -> bytes:
    """In strips, or in tiles of another size than the picture's, packed as in a ZIP file."""
    packed = 1 if tile is None else 8
    entries = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, packed), (262, 3, 1)]
    if tile is None:
        entries += [(273, 4, 8), (277, 3, 1), (278, 4, height), (279, 4, 16)]
    else:
        entries += [(277, 3, 1), (322, 4, tile), (323, 4, tile), (324, 4, 8), (325, 4, 16)]
    table = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II\x2a\0" + struct.pack("<IH", 8, len(entries)) + table + bytes(16)


def _gif(width: int, height: int) -> bytes:
    frame = struct.pack("<BHHHHB", 0x2C, 0, 0, width, height, 0)
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + frame + b"\x02\x02D\x01\0;"


def _frames(count: int) -> bytes:
    data = encoded(quadrants(), "GIF")
    # Everything between the colour table and the trailer is one frame.
    start = 13 + 3 * 2 ** ((data[10] & 7) + 1)
    return data[:start] + data[start:-1] * count + b";"


def _png_frames(count: int) -> bytes:
    """An animated PNG (https://www.w3.org/TR/png-3/, 11.3.6) with frames of the same pixels."""
    pixels = zlib.compress(bytes(8 * (1 + 3 * 8)))
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    frames = [_chunk(b"acTL", struct.pack(">II", count, 0))]
    for number in range(count):
        control = struct.pack(">IIIIIHHBB", max(0, 2 * number - 1), 8, 8, 0, 0, 1, 99, 0, 0)
        frames.append(_chunk(b"fcTL", control))
        if number == 0:
            frames.append(_chunk(b"IDAT", pixels))
        else:
            frames.append(_chunk(b"fdAT", struct.pack(">I", 2 * number) + pixels))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(frames) + _chunk(b"IEND", b"")


def _webp_frames(count: int) -> bytes:
    """An animated WebP (RFC 9649, 2.7.1) that shows one frame again and again."""
    still = encoded(quadrants(), "WEBP", lossless=True)[12:]
    width, height = quadrants().size
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    frame = _riff(b"ANMF", bytes(6) + sides + (10).to_bytes(3, "little") + b"\0" + still)
    animated = _riff(b"VP8X", b"\2\0\0\0" + sides) + _riff(b"ANIM", bytes(6))
    body = b"WEBP" + animated + frame * count
    return _riff(b"RIFF", body)


def _riff(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def _container(name: str) -> bytes:
    return PHONE_HEIC.read_bytes() if name == "heic" else encoded(gradient(88, 72), "AVIF")


def _resized(data: bytes, side: int) -> bytes:
    """A picture in boxes (ISO/IEC 23008-12, 6.5.3) that claims ``side`` pixels each way."""
    found = bytearray(data)
    at = found.index(b"ispe") + 8
    found[at : at + 8] = struct.pack(">II", side, side)
    return bytes(found)


def _looped(brand: bytes) -> bytes:
    """Boxes that claim to be longer than the file, or no longer at all."""
    box = struct.pack(">I", 0x7FFFFFFF) + b"meta" + bytes(4)
    return b"\0\0\0\x18ftyp" + brand + bytes(12) + box + struct.pack(">I", 0) + b"mdat"


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def main() -> None:
    """Write the corpus into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for name, data in [*corpus(given.seed), *odd_files()]:
        (given.folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
