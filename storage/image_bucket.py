"""Pictures and latents in an S3-compatible bucket, each under the hash of its bytes."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from storage.errors import ImageMissing, ImageStoreFailed
from storage.image_store import (
    HASH,
    SETTLED_AFTER_S,
    STALE_AFTER_S,
    check_hash,
    check_suffix,
    hash_of,
)

if TYPE_CHECKING:
    from obstore.store import S3Store

TYPES = {
    ".webp": "image/webp",
    ".png": "image/png",
    ".safetensors": "application/octet-stream",
}
CONNECT_S, REQUEST_S, RETRY_FOR_S = 5, 60, 30
NOT_INSTALLED = "Pictures in a bucket need obstore: install the extra `s3`."


class ImageBucket:
    """A bucket of immutable objects; see ``storage.image_store.ImageStore``.

    Args:
        url: ``s3://bucket/prefix``. Keys and endpoint come from the environment, by the names that
            AWS's own tools read (``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION``,
            ``AWS_ENDPOINT_URL``).

    Raises:
        ImageStoreFailed: The URL names no bucket, or obstore is not installed.
    """

    def __init__(self, url: str) -> None:
        self._store = _open(url)

    async def put(self, data: bytes, suffix: str) -> str:
        """Keep ``data`` and return its hash; what is kept already becomes as good as new."""
        check_suffix(suffix)
        image_hash = await asyncio.to_thread(hash_of, data)
        attributes = {"Content-Type": TYPES[suffix]}
        with _reported("written"):
            # One request: an object is there wholly once it was answered, and not at all before.
            await self._store.put_async(
                _key(image_hash), data, attributes=attributes, use_multipart=False
            )
        return image_hash

    async def get(self, image_hash: str) -> bytes:
        """The bytes of that hash."""
        check_hash(image_hash)
        with _reported("read"):
            try:
                found = await self._store.get_async(_key(image_hash))
                return bytes(await found.bytes_async())
            except FileNotFoundError as error:
                raise ImageMissing(image_hash) from error

    async def exists(self, image_hash: str) -> bool:
        """Whether bytes of that hash are kept."""
        check_hash(image_hash)
        with _reported("read"):
            try:
                await self._store.head_async(_key(image_hash))
            except FileNotFoundError:
                return False
        return True

    async def delete(self, image_hash: str) -> bool:
        """Drop the bytes of that hash; False when none were kept."""
        if not await self.exists(image_hash):
            return False
        with _reported("deleted"):
            await self._store.delete_async(_key(image_hash))
        return True

    async def settled(self, older_than_s: float = SETTLED_AFTER_S) -> list[str]:
        """Hashes of all that was put at least so long ago."""
        newest = datetime.now(UTC) - timedelta(seconds=older_than_s)
        found = []
        with _reported("listed"):
            async for page in self._store.list():
                found += [_name(one) for one in page if one["last_modified"] <= newest]
        return [name for name in found if HASH.fullmatch(name)]

    async def sweep(self, older_than_s: float = STALE_AFTER_S) -> int:
        """Nothing is ever half written: each object is put by one request."""
        return 0


def _open(url: str) -> "S3Store":
    try:
        from obstore.exceptions import BaseError
        from obstore.store import S3Store
    except ModuleNotFoundError as error:
        raise ImageStoreFailed(NOT_INSTALLED) from error
    try:
        return S3Store.from_url(
            url,
            client_options={
                "allow_http": True,
                "connect_timeout": timedelta(seconds=CONNECT_S),
                "timeout": timedelta(seconds=REQUEST_S),
            },
            retry_config={"retry_timeout": timedelta(seconds=RETRY_FOR_S)},
        )
    except (BaseError, ValueError) as error:
        raise ImageStoreFailed(f"The pictures' place {url} is no bucket: {error}.") from error


def _key(image_hash: str) -> str:
    return f"{image_hash[:2]}/{image_hash}"


def _name(listed: Any) -> str:
    return str(listed["path"]).rpartition("/")[2]


@contextmanager
def _reported(deed: str) -> Iterator[None]:
    from obstore.exceptions import BaseError

    try:
        yield
    except ImageStoreFailed:
        raise
    except (BaseError, OSError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ImageStoreFailed(f"An image could not be {deed}: {first}.") from error
