"""Writes into a result's file how it was made, as image tools know to read it.

The text is AUTOMATIC1111's `parameters`, and it stands where its web UI puts it: in a PNG as a text
chunk of that name, in a WebP as the Exif tag UserComment. Both are put between the chunks that are
there already, so no pixel is decoded.
"""

import struct
import zlib
from collections.abc import Sequence

from bot import __version__
from bot.jobs.spec import JobSpec
from storage.records import Job

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"parameters"
# The chunks around the text: VP8X (18), the Exif head and its two directories (60).
OVERHEAD_BYTES = 128

# Exif 2.32, tags 0x8769 and 0x9286; TIFF 6.0, field types LONG and UNDEFINED.
EXIF_DIRECTORY, USER_COMMENT = 0x8769, 0x9286
LONG, UNDEFINED = 4, 7
UNICODE = b"UNICODE\x00"

# WebP container specification, "Extended File Format": flags of the VP8X chunk.
HAS_ALPHA, HAS_EXIF = 0x10, 0x08


def parameters_of(job: Job, strengths: Sequence[float] = ()) -> str:
    """How ``job``'s result was made: the prompts, then one line of `Name: value` pairs.

    Args:
        strengths: Those of a sheet that begins with ``job``, told as the web UI's script "X/Y/Z
            plot" tells them.
    """
    spec = JobSpec.from_mapping(job.params)
    params = spec.params
    lines = [" ".join(params.prompt.split())]
    if params.negative_prompt:
        lines.append(f"Negative prompt: {' '.join(params.negative_prompt.split())}")
    facts = {
        "Steps": job.num_inference_steps,
        "Sampler": params.scheduler or "default",
        "CFG scale": job.guidance_scale,
        "Seed": params.seed,
        "Size": f"{job.width}x{job.height}",
        "Model": params.checkpoint,
    }
    if strengths:
        values = ", ".join(f"{one:g}" for one in strengths)
        facts |= {"Script": "X/Y/Z plot", "X Type": "Denoising", "X Values": f'"{values}"'}
    elif spec.source_hash is not None:
        facts["Denoising strength"] = params.strength
    facts["Version"] = f"Restyle {__version__}"
    lines.append(", ".join(f"{name}: {value}" for name, value in facts.items()))
    return "\n".join(lines)


def room_for(text: str) -> int:
    """Bytes that ``embedded`` may add to a file."""
    return len(_comment(text)) + OVERHEAD_BYTES


def embedded(image: bytes, text: str) -> bytes:
    """A PNG or WebP with ``text`` in it; a file of another format stays as it is."""
    if image.startswith(PNG_SIGNATURE):
        return _in_png(image, text)
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return _in_webp(image, text)
    return image


def _in_png(image: bytes, text: str) -> bytes:
    # PNG specification, 11.3.3.4: iTXt takes UTF-8; IHDR, 25 bytes, has to stay first.
    body = KEYWORD + b"\x00\x00\x00\x00\x00" + text.encode()
    chunk = b"iTXt" + body
    written = struct.pack(">I", len(body)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    head = len(PNG_SIGNATURE) + 25
    return image[:head] + written + image[head:]


def _in_webp(image: bytes, text: str) -> bytes:
    chunks = list(_chunks(image))
    if chunks[0][0] == b"VP8X":
        head = bytes([chunks[0][1][0] | HAS_EXIF]) + chunks[0][1][1:]
        kept = [(name, body) for name, body in chunks[1:] if name != b"EXIF"]
    else:
        width, height, alpha = _size(*chunks[0])
        flags = HAS_EXIF | (HAS_ALPHA if alpha else 0)
        head = bytes([flags, 0, 0, 0]) + _uint24(width - 1) + _uint24(height - 1)
        kept = chunks
    body = b"".join(
        name + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) % 2)
        for name, data in ((b"VP8X", head), *kept, (b"EXIF", _exif(text)))
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _chunks(image: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 12
    while at + 8 <= len(image):
        length = int.from_bytes(image[at + 4 : at + 8], "little")
        found.append((image[at : at + 4], image[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return found


def _size(name: bytes, data: bytes) -> tuple[int, int, bool]:
    """Width, height and whether there is transparency, of a lossless or lossy bitstream."""
    if name == b"VP8L":
        # WebP lossless bitstream, section 3: after one byte, 14 + 14 bits of size less one, 1 bit.
        bits = int.from_bytes(data[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    # RFC 6386, 9.1: after the frame tag and the start code, 14 bits each.
    width, height = struct.unpack("<HH", data[6:10])
    return width & 0x3FFF, height & 0x3FFF, False


def _uint24(value: int) -> bytes:
    return value.to_bytes(3, "little")


def _comment(text: str) -> bytes:
    return UNICODE + text.encode("utf-16-be")


def _exif(text: str) -> bytes:
    # TIFF, big-endian: a directory with one entry that points to the Exif directory, and that
    # with one entry that points to the comment behind it.
    comment = _comment(text)
    first, second = 8, 8 + 2 + 12 + 4
    return (
        b"MM\x00\x2a"
        + struct.pack(">I", first)
        + struct.pack(">HHHIII", 1, EXIF_DIRECTORY, LONG, 1, second, 0)
        + struct.pack(">HHHIII", 1, USER_COMMENT, UNDEFINED, len(comment), second + 18, 0)
        + comment
    )
