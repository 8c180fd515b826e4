"""Pictures and latents, each under the hash of its bytes: what every place for them can do."""

import hashlib
import re
from pathlib import Path
from typing import Protocol

from storage.errors import InvalidImageHash

SUFFIXES = (".webp", ".png", ".safetensors")
HASH = re.compile(r"[0-9a-f]{64}")
# A picture is put before the row that uses it; between the two there are seconds.
SETTLED_AFTER_S = 3600.0
# What is written takes seconds; what is half written after so long was left by a process that died.
STALE_AFTER_S = 3600.0


class ImageStore(Protocol):
    """Immutable files. An image is there wholly or not at all, whatever dies when.

    Any number of processes may use one place at once.
    """

    async def put(self, data: bytes, suffix: str) -> str:
        """Keep ``data`` and return its hash.

        Args:
            suffix: One of ``SUFFIXES``, for those who look into the place.

        Raises:
            ImageStoreFailed: The place is full or would not write.
            ValueError: The suffix is none of those.
        """

    async def get(self, image_hash: str) -> bytes:
        """The bytes of that hash.

        Raises:
            ImageMissing: None are kept.
            ImageStoreFailed: The place would not read them.
            InvalidImageHash: The text is no hash.
        """

    async def exists(self, image_hash: str) -> bool:
        """Whether bytes of that hash are kept; raises as ``get`` does."""

    async def delete(self, image_hash: str) -> bool:
        """Drop the bytes of that hash; False when none were kept; raises as ``get`` does."""

    async def settled(self, older_than_s: float = SETTLED_AFTER_S) -> list[str]:
        """Hashes of all that was put at least so long ago; whoever was to use it does by now."""

    async def sweep(self, older_than_s: float = STALE_AFTER_S) -> int:
        """Drop what dead processes left half written, and return how many files that were.

        Args:
            older_than_s: Younger ones are let be, since a living process may be writing them.
        """


def hash_of(data: bytes) -> str:
    """The name under which ``data`` is kept."""
    return hashlib.sha256(data).hexdigest()


def check_hash(image_hash: str) -> None:
    """Raise ``InvalidImageHash`` for what names nothing: no path is made of it."""
    if not HASH.fullmatch(image_hash):
        raise InvalidImageHash(image_hash)


def check_suffix(suffix: str) -> None:
    """Raise ``ValueError`` for a suffix that is none of ``SUFFIXES``."""
    if suffix not in SUFFIXES:
        raise ValueError(f"{suffix!r} is none of the suffixes {', '.join(SUFFIXES)}.")


def open_images(url: str | None, folder: Path) -> ImageStore:
    """The place that the settings name: a bucket by its URL, otherwise a folder.

    Raises:
        ImageStoreFailed: The URL names no bucket, or obstore is not installed.
    """
    # Each is imported where it is wanted: obstore is an extra.
    if url is not None:
        from storage.image_bucket import ImageBucket

        return ImageBucket(url)
    from storage.image_folder import ImageFolder

    return ImageFolder(folder)
