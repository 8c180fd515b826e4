"""The image folder: bytes are there wholly or not at all, and paths come from hashes only."""

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storage.errors import ImageMissing, ImageStoreFailed, InvalidImageHash, StorageError
from storage.image_folder import ImageFolder

DATA = b"RIFF\x00\x00WEBP" * 1000
HASH = hashlib.sha256(DATA).hexdigest()

# Both scripts get the store's folder as their argument.
DIES_BEFORE_THE_RENAME = """
import asyncio, os, pathlib, signal, sys
from storage.image_folder import ImageFolder

def die(self, target):
    os.kill(os.getpid(), signal.SIGKILL)

pathlib.Path.replace = die
asyncio.run(ImageFolder(pathlib.Path(sys.argv[1])).put(b"RIFF\\x00\\x00WEBP" * 1000, ".webp"))
"""
FILLS_THE_DISK = """
import asyncio, pathlib, resource, sys
from storage.errors import ImageStoreFailed
from storage.image_folder import ImageFolder

resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
try:
    asyncio.run(ImageFolder(pathlib.Path(sys.argv[1])).put(b"x" * 100_000, ".png"))
except ImageStoreFailed as error:
    print(error)
"""


@pytest.fixture
def store(tmp_path: Path) -> ImageFolder:
    """A store in a folder that does not exist yet."""
    return ImageFolder(tmp_path / "images")


def files(root: Path) -> list[Path]:
    """All files below a folder."""
    return sorted(path for path in root.rglob("*") if path.is_file())


async def run(script: str, root: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own."""
    command = [sys.executable, "-c", script, str(root)]
    return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)


async def test_what_was_put_can_be_got_by_its_hash(store: ImageFolder, tmp_path: Path) -> None:
    """By another store on the same folder too."""
    assert await store.put(DATA, ".webp") == HASH
    assert await store.exists(HASH)
    assert await ImageFolder(tmp_path / "images").get(HASH) == DATA
    assert await store.put(b"", ".safetensors") == hashlib.sha256(b"").hexdigest()
    assert files(tmp_path) == sorted(
        tmp_path / "images" / name[:2] / name
        for name in (f"{HASH}.webp", f"{hashlib.sha256(b'').hexdigest()}.safetensors")
    )


async def test_what_was_deleted_is_gone(store: ImageFolder) -> None:
    """And only that."""
    other = await store.put(b"other", ".png")
    await store.put(DATA, ".webp")
    assert await store.delete(HASH)
    assert not await store.exists(HASH)
    assert not await store.delete(HASH)
    with pytest.raises(ImageMissing, match=HASH) as caught:
        await store.get(HASH)
    assert isinstance(caught.value, OSError)
    assert await store.get(other) == b"other"


async def test_bytes_are_kept_once(store: ImageFolder, tmp_path: Path) -> None:
    """Putting them again, under whichever suffix, writes nothing."""
    await store.put(DATA, ".webp")
    [path] = files(tmp_path)
    before = path.stat()
    assert await store.put(DATA, ".png") == HASH
    assert files(tmp_path) == [path]
    assert (path.stat().st_ino, path.stat().st_size) == (before.st_ino, before.st_size)


async def test_many_may_put_the_same_bytes_at_once(store: ImageFolder, tmp_path: Path) -> None:
    """One file remains, whole, and nothing half written beside it."""
    others = [ImageFolder(tmp_path / "images") for _ in range(10)]
    data = os.urandom(300_000)
    hashes = await asyncio.gather(*(one.put(data, ".png") for one in (store, *others) * 3))
    assert len(set(hashes)) == 1
    assert len(files(tmp_path)) == 1
    assert await store.get(hashes[0]) == data


async def test_a_put_that_died_leaves_no_image(store: ImageFolder, tmp_path: Path) -> None:
    """Killed before the rename: the image is not there, what was left is swept, a new put works."""
    died = await run(DIES_BEFORE_THE_RENAME, tmp_path / "images")
    assert died.returncode == -signal.SIGKILL, died.stderr
    [left] = files(tmp_path)
    assert left.read_bytes() == DATA
    assert not await store.exists(HASH)
    assert await store.sweep() == 0, "a living process could be writing it"
    an_hour_ago = left.stat().st_mtime - 3600
    os.utime(left, (an_hour_ago, an_hour_ago))
    await store.put(b"other", ".png")
    assert await store.sweep() == 1
    assert not left.exists()
    assert await store.put(DATA, ".webp") == HASH
    assert len(files(tmp_path)) == 2


async def test_a_sweep_of_nothing_is_fine(store: ImageFolder) -> None:
    """Before the first put there is no folder."""
    assert await store.sweep() == 0


async def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    """The half that was written is taken away at once."""
    full = await run(FILLS_THE_DISK, tmp_path / "images")
    assert full.stdout.startswith("An image could not be written:"), full.stderr
    assert files(tmp_path) == []


async def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    """An OSError for those who expect one, a StorageError for all."""
    (tmp_path / "images").write_bytes(b"")
    with pytest.raises(ImageStoreFailed, match="could not be written") as caught:
        await ImageFolder(tmp_path / "images").put(DATA, ".webp")
    assert isinstance(caught.value, OSError)
    assert isinstance(caught.value, StorageError)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        "../" * 20 + "etc/passwd",
        HASH.upper(),
        HASH[:-1],
        f"{HASH}\n",
        f"{HASH}/..",
        "é" * 64,
    ],
)
async def test_a_path_is_made_from_a_hash_only(store: ImageFolder, text: str) -> None:
    """Everything else is refused before the disk is touched."""
    for ask in (store.get, store.exists, store.delete):
        with pytest.raises(InvalidImageHash, match="is no image hash"):
            await ask(text)


@pytest.mark.parametrize("suffix", ["", "webp", ".exe", "/../../x.png"])
async def test_a_suffix_is_one_of_ours(store: ImageFolder, tmp_path: Path, suffix: str) -> None:
    """It is part of a path as well."""
    with pytest.raises(ValueError, match="none of the suffixes"):
        await store.put(DATA, suffix)
    assert files(tmp_path) == []
