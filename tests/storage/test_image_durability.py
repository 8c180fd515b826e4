"""What the image store has taken in is on the disk: first the bytes, then their name."""

import os
from pathlib import Path

import pytest

from storage.image_folder import ImageFolder
from storage.image_store import hash_of


async def test_bytes_are_synced_before_their_name_and_then_each_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, data = tmp_path / "data" / "images", b"a picture"
    image_hash = hash_of(data)
    path = root / image_hash[:2] / f"{image_hash}.webp"
    synced: list[Path] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        file = Path(f"/proc/self/fd/{descriptor}").resolve()
        if file.is_file():
            assert file.read_bytes() == data
            assert not path.exists()
        synced.append(file)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    assert await ImageFolder(root).put(data, ".webp") == image_hash
    # The names of all new folders, the bytes, and at last the name of the file.
    assert set(synced[:-2]) == {tmp_path, tmp_path / "data", root}
    assert synced[-2].parent == root / "tmp"
    assert synced[-1] == path.parent
    assert path.read_bytes() == data
