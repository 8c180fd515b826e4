"""Reading a listed photograph, whatever its format, into RGB pictures of bounded size."""

import bz2
import importlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.embedded.filters.colour import Picture

Bytes = NDArray[np.uint8]
"""An RGB picture, height × width × 3, 0..255."""

MAX_SIDE_PX = 1400
# SciPy kept its one photograph as bare bytes of this shape.
_RAW_SHAPE = (768, 1024, 3)
_VIEW_PX = 320
# Where a panorama is looked at: degrees to the right, degrees up, field of view.
_VIEWS = [
    (turn, (-12, 6, -4)[turn // 40 % 3], (70, 95, 80)[turn // 40 % 3]) for turn in range(0, 360, 40)
]


def read_photo(path: Path) -> list[Bytes]:
    """The pictures in a file: one of a photograph, several views of a panorama (``.exr``)."""
    if path.suffix == ".exr":
        panorama = _read_panorama(path)
        return [_view(panorama, *view) for view in _VIEWS]
    if path.suffix == ".dat":
        raw = bz2.decompress(path.read_bytes())
        return [np.frombuffer(raw, np.uint8).reshape(_RAW_SHAPE)]
    with Image.open(path) as image:
        image.draft("RGB", (MAX_SIDE_PX, MAX_SIDE_PX))
        flat = Image.new("RGB", image.size, "white")
        layered = image.convert("RGBA")
        flat.paste(layered, mask=layered.getchannel("A"))
    flat.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.LANCZOS)
    return [np.asarray(flat)]


def centre_square(photo: Bytes, side_px: int) -> Bytes:
    """The largest middle square of ``photo``, resized to ``side_px``."""
    return centre_crop(photo, side_px, side_px)


def centre_crop(photo: Bytes, width: int, height: int) -> Bytes:
    """The largest middle part of ``photo`` with the shape width : height, resized to it."""
    full_height, full_width = photo.shape[:2]
    scale = min(full_width / width, full_height / height)
    part_width, part_height = round(width * scale), round(height * scale)
    left, top = (full_width - part_width) // 2, (full_height - part_height) // 2
    return resize(photo[top : top + part_height, left : left + part_width], width, height)


def resize(photo: Bytes, width: int, height: int) -> Bytes:
    """``photo`` at another size; averaged when it shrinks."""
    smaller = photo.shape[0] > height
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    resized: Bytes = cv2.resize(np.ascontiguousarray(photo), (width, height), interpolation=how)
    return resized


def _read_panorama(path: Path) -> Picture:
    # Only this one reader needs OpenEXR, and only the training needs the reader.
    openexr = importlib.import_module("OpenEXR")
    with openexr.File(str(path)) as file:
        linear = np.maximum(file.channels()["RGB"].pixels, 0)
    exposed = linear * (0.18 / np.exp(np.log(linear.mean(axis=2) + 1e-4).mean()))
    # Reinhard's curve, extended so that four times middle white is white; then a gamma of 2.2.
    mapped = exposed * (1 + exposed / 16) / (1 + exposed)
    curved: Picture = np.clip(mapped, 0, 1) ** np.float32(1 / 2.2)
    return curved


def _view(panorama: Picture, turn_deg: float, up_deg: float, field_deg: float) -> Bytes:
    """A flat view of an equirectangular panorama (the gnomonic projection)."""
    height, width = panorama.shape[:2]
    reach = np.tan(np.radians(field_deg) / 2)
    x, y = np.meshgrid(np.linspace(-reach, reach, _VIEW_PX), np.linspace(-reach, reach, _VIEW_PX))
    up = np.radians(up_deg)
    forward, down = np.cos(up) + y * np.sin(up), y * np.cos(up) - np.sin(up)
    longitude = np.arctan2(x, forward) + np.radians(turn_deg)
    latitude = np.arctan2(down, np.hypot(x, forward))
    column = (longitude / (2 * np.pi) % 1) * (width - 1)
    row = (latitude / np.pi + 0.5) * (height - 1)
    seen = cv2.remap(panorama, column.astype(np.float32), row.astype(np.float32), cv2.INTER_CUBIC)
    pixels: Bytes = (np.clip(seen, 0, 1) * 255 + 0.5).astype(np.uint8)
    return pixels
