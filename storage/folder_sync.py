"""Puts the names in a folder on the disk, where a file's own sync leaves only its bytes."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make what was named, renamed or removed in ``folder`` outlive a power cut; may wait for it.

    Raises:
        OSError: The folder cannot be opened, or not be synced.
    """
    if os.name == "nt":
        # Windows opens no folder as a file; NTFS keeps a journal of names.
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
