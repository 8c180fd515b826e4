"""What a file is by its first bytes; its name and its content type are never asked."""

import enum
import re

from bot.intake.errors import NotAPicture, UnsupportedFormat
from bot.language import N_, Sentence


class PictureFormat(enum.StrEnum):
    """The formats that are taken in; the value is the name of Pillow's reader."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    GIF = "GIF"
    BMP = "BMP"
    TIFF = "TIFF"
    AVIF = "AVIF"
    HEIC = "HEIF"


# Enough for every signature and for the declarations that may precede <svg>.
HEAD_BYTES = 4096

_SIGNATURES = (
    (b"\xff\xd8\xff", PictureFormat.JPEG),
    (b"\x89PNG\r\n\x1a\n", PictureFormat.PNG),
    (b"GIF87a", PictureFormat.GIF),
    (b"GIF89a", PictureFormat.GIF),
    (b"II\x2a\x00", PictureFormat.TIFF),
    (b"MM\x00\x2a", PictureFormat.TIFF),
    (b"II\x2b\x00", PictureFormat.TIFF),
    (b"MM\x00\x2b", PictureFormat.TIFF),
)

_FOREIGN = (
    (b"%PDF", N_("a PDF")),
    (b"%!PS", N_("a PostScript file")),
    (b"8BPS", N_("a Photoshop file")),
    (b"gimp xcf", N_("a GIMP file")),
    (b"\x1a\x45\xdf\xa3", N_("a video")),
    (b"\x00\x00\x01\xba", N_("a video")),
    (b"\x00\x00\x01\xb3", N_("a video")),
    (b"FLV\x01", N_("a video")),
    (b"OggS", N_("a video")),
    (b"\xff\x0a", N_("a JPEG XL picture")),
    (b"\x00\x00\x00\x0cJXL ", N_("a JPEG XL picture")),
    (b"\x00\x00\x00\x0cjP  ", N_("a JPEG 2000 picture")),
    (b"\xff\x4f\xff\x51", N_("a JPEG 2000 picture")),
    (b"\x00\x00\x01\x00", N_("an icon file")),
    (b"v/1\x01", N_("an OpenEXR picture")),
    (b"DDS ", N_("a DDS texture")),
    (b"FUJIFILMCCD-RAW", N_("a camera raw file")),
    (b"PK\x03\x04", N_("an archive")),
)

# Any text may begin with "BM", so the length of the second header is looked at too.
_BMP_HEADER_BYTES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_CONTAINER_BRANDS = frozenset({b"mif1", b"msf1"})
_MAX_BRANDS = 64

_SVG = re.compile(rb"<(?:\w+:)?svg[\s>]", re.IGNORECASE)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|script)[\s>]", re.IGNORECASE)


def format_name(found: PictureFormat) -> str:
    """What people call the format."""
    return {PictureFormat.WEBP: "WebP", PictureFormat.HEIC: "HEIC"}.get(found, found.value)


def sniff(data: bytes) -> PictureFormat:
    """The format of an encoded picture.

    Raises:
        UnsupportedFormat: It is something known that is not taken in.
        NotAPicture: It begins like nothing that is known.
    """
    for signature, found in _SIGNATURES:
        if data.startswith(signature):
            return found
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return PictureFormat.WEBP
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADER_BYTES:
        return PictureFormat.BMP
    if data[4:8] == b"ftyp":
        found_brand = _by_brand(data)
        if found_brand is not None:
            return found_brand
    foreign = _foreign(data)
    if foreign is None:
        raise NotAPicture(detail=f"begins with {data[:16]!r}")
    sentence = N_(
        "That is {something}, which I cannot take; please send the picture as JPEG, PNG or WebP."
    )
    raise UnsupportedFormat(Sentence(sentence, {"something": Sentence(foreign)}))


def _by_brand(data: bytes) -> PictureFormat | None:
    # ISO/IEC 14496-12, 4.3: size, "ftyp", major brand, version, compatible brands.
    major = data[8:12]
    end = min(int.from_bytes(data[:4], "big"), len(data), 16 + 4 * _MAX_BRANDS)
    compatible = {data[at : at + 4] for at in range(16, end - 3, 4)}
    if major in _AVIF_BRANDS:
        return PictureFormat.AVIF
    if major in _HEIC_BRANDS:
        return PictureFormat.HEIC
    if major in _CONTAINER_BRANDS:
        return PictureFormat.AVIF if compatible & _AVIF_BRANDS else PictureFormat.HEIC
    return None


def _foreign(data: bytes) -> str | None:
    if data[4:8] == b"ftyp" or (data[:4] == b"RIFF" and data[8:12] == b"AVI "):
        return N_("a video")
    for signature, name in _FOREIGN:
        if data.startswith(signature):
            return name
    head = data[:HEAD_BYTES]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.replace(b"\x00", b"")
    if _SVG.search(head):
        return N_("an SVG drawing")
    if _HTML.search(head):
        return N_("a web page")
    return None
