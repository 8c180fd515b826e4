"""Reader of Qt's binary resource files (.rcc), in which one package keeps its photographs."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_MAGIC = b"qres"
_DEFLATED, _DIRECTORY, _ZSTANDARD = 1, 2, 4


def resources(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield ``(name, content)`` of every file in a resource file.

    The layout is that of Qt's ``qresource.cpp``, versions 1 to 3: a tree of nodes, each either a
    directory with the range of its children or a file with the offset of its content.

    Raises:
        ValueError: The file is not a Qt resource file.
    """
    raw = path.read_bytes()
    if raw[:4] != _MAGIC:
        raise ValueError(f"{path.name} is not a Qt resource file.")
    version, tree, contents, names = struct.unpack(">4I", raw[4:20])
    node_bytes = 14 if version == 1 else 22
    waiting = [(0, PurePosixPath())]
    while waiting:
        index, folder = waiting.pop()
        offset = tree + index * node_bytes
        name_at, flags = struct.unpack(">IH", raw[offset : offset + 6])
        here = folder / _name(raw, names + name_at) if index else folder
        if flags & _DIRECTORY:
            count, first = struct.unpack(">II", raw[offset + 6 : offset + 14])
            waiting += [(first + child, here) for child in range(count)]
        elif not flags & _ZSTANDARD:
            (content_at,) = struct.unpack(">I", raw[offset + 10 : offset + 14])
            yield str(here), _content(raw, contents + content_at, deflated=bool(flags & _DEFLATED))


def _name(raw: bytes, offset: int) -> str:
    (length,) = struct.unpack(">H", raw[offset : offset + 2])
    # Two bytes of length, four of hash, then UTF-16.
    return raw[offset + 6 : offset + 6 + 2 * length].decode("utf-16-be")


def _content(raw: bytes, offset: int, *, deflated: bool) -> bytes:
    (length,) = struct.unpack(">I", raw[offset : offset + 4])
    content = raw[offset + 4 : offset + 4 + length]
    # A deflated content begins with its plain length in four bytes.
    return zlib.decompress(content[4:]) if deflated else content
