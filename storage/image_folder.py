"""Pictures and latents on disk, each under the hash of its bytes."""

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from storage.errors import ImageMissing, ImageStoreFailed
from storage.folder_sync import sync_folder
from storage.image_store import (
    HASH,
    SETTLED_AFTER_S,
    STALE_AFTER_S,
    SUFFIXES,
    check_hash,
    check_suffix,
    hash_of,
)


class ImageFolder:
    """A folder of immutable files; see ``storage.image_store.ImageStore``.

    Files are spread over folders named by the first two digits of their hash. Any number of
    processes may use one folder at once. Every method works in a thread.

    Args:
        root: The folder; it is made when the first image is put.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._temporary = root / "tmp"

    async def put(self, data: bytes, suffix: str) -> str:
        """Keep ``data`` and return its hash; what is kept already is not written again."""
        check_suffix(suffix)
        return await asyncio.to_thread(self._put, data, suffix)

    async def get(self, image_hash: str) -> bytes:
        """The bytes of that hash."""
        return await asyncio.to_thread(self._get, image_hash)

    async def exists(self, image_hash: str) -> bool:
        """Whether bytes of that hash are kept."""
        return await asyncio.to_thread(self._exists, image_hash)

    async def delete(self, image_hash: str) -> bool:
        """Drop the bytes of that hash; False when none were kept."""
        return await asyncio.to_thread(self._delete, image_hash)

    async def settled(self, older_than_s: float = SETTLED_AFTER_S) -> list[str]:
        """Hashes of all that was put at least so long ago."""
        return await asyncio.to_thread(self._settled, older_than_s)

    async def sweep(self, older_than_s: float = STALE_AFTER_S) -> int:
        """Drop what dead processes left half written, and return how many files that were."""
        return await asyncio.to_thread(self._sweep, older_than_s)

    def _put(self, data: bytes, suffix: str) -> str:
        image_hash = hash_of(data)
        with _reported("written"):
            path = self._find(image_hash)
            if path is None:
                self._write(data, self._folder(image_hash) / f"{image_hash}{suffix}")
            else:
                # As good as new for `settled`.
                with suppress(FileNotFoundError):
                    os.utime(path)
        return image_hash

    def _write(self, data: bytes, path: Path) -> None:
        for folder in (self._temporary, path.parent):
            self._make_folder(folder)
        descriptor, name = tempfile.mkstemp(dir=self._temporary)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            # Each new folder's name lies in the one above it.
            self._make_folder(folder.parent)
            folder.mkdir(exist_ok=True)
            sync_folder(folder.parent)

    def _get(self, image_hash: str) -> bytes:
        with _reported("read"):
            path = self._find(image_hash)
            if path is not None:
                with suppress(FileNotFoundError):
                    return path.read_bytes()
        raise ImageMissing(image_hash)

    def _exists(self, image_hash: str) -> bool:
        return self._find(image_hash) is not None

    def _delete(self, image_hash: str) -> bool:
        found = False
        with _reported("deleted"):
            # Two processes that put the same bytes under two suffixes leave two files.
            while (path := self._find(image_hash)) is not None:
                path.unlink(missing_ok=True)
                found = True
            if found:
                sync_folder(self._folder(image_hash))
        return found

    def _settled(self, older_than_s: float) -> list[str]:
        newest, found = time.time() - older_than_s, []
        with _reported("listed"):
            for path in self._root.glob("??/*"):
                with suppress(FileNotFoundError):
                    if HASH.fullmatch(path.stem) and path.stat().st_mtime <= newest:
                        found.append(path.stem)
        return found

    def _sweep(self, older_than_s: float) -> int:
        swept = 0
        with _reported("swept"):
            if not self._temporary.is_dir():
                return 0
            newest = time.time() - older_than_s
            for path in self._temporary.iterdir():
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime <= newest:
                        path.unlink()
                        swept += 1
        return swept

    def _folder(self, image_hash: str) -> Path:
        check_hash(image_hash)
        return self._root / image_hash[:2]

    def _find(self, image_hash: str) -> Path | None:
        folder = self._folder(image_hash)
        paths = (folder / f"{image_hash}{suffix}" for suffix in SUFFIXES)
        return next((path for path in paths if path.is_file()), None)


@contextmanager
def _reported(deed: str) -> Iterator[None]:
    try:
        yield
    except ImageStoreFailed:
        raise
    except OSError as error:
        raise ImageStoreFailed(f"An image could not be {deed}: {error}.") from error
