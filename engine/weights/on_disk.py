"""What of a checkpoint lies on this machine, and how it is removed again.

Downloads lie in the cache of huggingface_hub (``HF_HOME``), where every program that uses the same
checkpoint shares them.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
from huggingface_hub import CachedRepoInfo, CacheNotFound, HFCacheInfo, scan_cache_dir

from engine.checkpoints import Checkpoint
from engine.embedded import WEIGHTS


class OnDisk(msgspec.Struct, frozen=True, kw_only=True):
    """Where the weights of a checkpoint are.

    Attributes:
        place: ``"ships"``, ``"folder"`` (the operator's own), ``"cache"`` or ``"missing"``.
        size_bytes: What they take up; what several checkpoints share counts for each.
    """

    place: str
    size_bytes: int = 0


def on_disk(checkpoint: Checkpoint) -> OnDisk:
    """Look where ``checkpoint`` lies."""
    if checkpoint.source == "embedded":
        return OnDisk(place="ships", size_bytes=_size_of(WEIGHTS))
    folder = Path(checkpoint.source)
    if folder.is_dir():
        return OnDisk(place="folder", size_bytes=_size_of(folder))
    sizes = [repo.size_on_disk for repo in _cached(checkpoint)]
    return OnDisk(place="cache", size_bytes=sum(sizes)) if sizes else OnDisk(place="missing")


def remove_downloads(checkpoint: Checkpoint) -> int:
    """Delete what was downloaded for ``checkpoint``; the bytes that were freed.

    An operator's own folder is never touched.
    """
    cache = _cache()
    if cache is None:
        return 0
    commits = [rev.commit_hash for repo in _cached(checkpoint) for rev in repo.revisions]
    if not commits:
        return 0
    strategy = cache.delete_revisions(*commits)
    strategy.execute()
    return strategy.expected_freed_size


def free_bytes(folder: Path) -> int:
    """Room that is left where ``folder`` is, or will be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _cached(checkpoint: Checkpoint) -> Iterator[CachedRepoInfo]:
    cache = _cache()
    if cache is None:
        return
    wanted = {checkpoint.source, checkpoint.tiny_vae}
    yield from (repo for repo in cache.repos if repo.repo_id in wanted)


def _cache() -> HFCacheInfo | None:
    try:
        return scan_cache_dir()
    except CacheNotFound:
        return None


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
