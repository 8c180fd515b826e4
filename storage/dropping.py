"""Drops pictures that nothing needs any more, while nobody takes them into use."""

from collections.abc import Collection

from storage.database import Database
from storage.image_store import ImageStore

# Under one hold of the fence, so that members who wait for it do not wait long.
AT_ONCE = 20


async def drop_unused(database: Database, images: ImageStore, hashes: Collection[str]) -> int:
    """Delete those of ``hashes`` that no job and no open case uses; how many files that were.

    Whoever made them unused has committed that before. What has come into use since is kept.

    Raises:
        ImageStoreFailed: The disk would not drop one.
        StorageError: The database cannot be asked.
    """
    names, dropped = sorted(hashes), 0
    for at in range(0, len(names), AT_ONCE):
        # Most are in use, and whoever waits at the fence is a member.
        some = await database.images.unused(names[at : at + AT_ONCE])
        if not some:
            continue
        async with database.image_fence.dropping():
            for unused in await database.images.unused(some):
                dropped += await images.delete(unused)
    return dropped
