"""A backup is its owner's alone, and its name is on the disk once it is made."""

import os
import sqlite3
from pathlib import Path

import pytest

from storage.backup import copy_file


def test_a_backup_is_private_and_its_folder_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File, rename, folder: in this order."""
    source, target = tmp_path / "restyle.db", tmp_path / "copies" / "copy.db"
    target.parent.mkdir()
    with sqlite3.connect(source) as database:
        database.execute("CREATE TABLE words (word TEXT)")
    database.close()
    synced: list[tuple[bool, bool]] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        synced.append((Path(f"/proc/self/fd/{descriptor}").resolve().is_dir(), target.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    before = os.umask(0o022)
    try:
        copy_file(source, target)
    finally:
        os.umask(before)
    assert target.stat().st_mode & 0o777 == 0o600
    assert synced == [(False, False), (True, True)]
