"""The image bucket, against a real S3 server: the promises of every image store."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from storage.errors import ImageMissing, ImageStoreFailed, InvalidImageHash
from storage.image_bucket import ImageBucket
from tests.s3 import reach

DATA = b"RIFF\x00\x00WEBP" * 1000
HASH = hashlib.sha256(DATA).hexdigest()
LOCALHOST = "127.0.0.1"


@pytest.fixture(autouse=True)
def reached(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reach(s3_server, monkeypatch)


@pytest_asyncio.fixture
async def bucket() -> AsyncIterator[ImageBucket]:
    store = ImageBucket("s3://pictures/restyle")
    yield store
    for name in await store.settled(0):
        await store.delete(name)


async def test_what_was_put_can_be_got_by_its_hash(bucket: ImageBucket) -> None:
    assert await bucket.put(DATA, ".webp") == HASH
    assert await bucket.put(DATA, ".png") == HASH
    assert await bucket.exists(HASH)
    assert await ImageBucket("s3://pictures/restyle").get(HASH) == DATA
    assert await bucket.settled(0) == [HASH]
    assert await bucket.settled() == []


async def test_what_was_deleted_is_gone_and_only_that(bucket: ImageBucket) -> None:
    other = await bucket.put(b"other", ".png")
    await bucket.put(DATA, ".webp")
    assert await bucket.delete(HASH)
    assert not await bucket.exists(HASH)
    assert not await bucket.delete(HASH)
    with pytest.raises(ImageMissing, match=HASH):
        await bucket.get(HASH)
    assert await bucket.get(other) == b"other"


async def test_prefixes_do_not_see_each_other(bucket: ImageBucket) -> None:
    await bucket.put(DATA, ".webp")
    assert await ImageBucket("s3://pictures/elsewhere").settled(0) == []


async def test_many_may_put_and_get_at_once(bucket: ImageBucket) -> None:
    data = [bytes([number]) * 50_000 for number in range(20)]
    hashes = await asyncio.gather(*(bucket.put(one, ".png") for one in data * 2))
    assert len(set(hashes)) == len(data)
    assert await asyncio.gather(*map(bucket.get, hashes[: len(data)])) == data


@pytest.mark.parametrize("text", ["", "..", "../" * 20 + "etc/passwd", HASH.upper(), f"{HASH}/.."])
async def test_a_key_is_made_from_a_hash_only(bucket: ImageBucket, text: str) -> None:
    for ask in (bucket.get, bucket.exists, bucket.delete):
        with pytest.raises(InvalidImageHash):
            await ask(text)


async def test_a_suffix_is_one_of_ours(bucket: ImageBucket) -> None:
    with pytest.raises(ValueError, match="none of the suffixes"):
        await bucket.put(DATA, ".exe")


async def test_a_bucket_that_is_not_there_is_one_sentence(bucket: ImageBucket) -> None:
    del bucket
    with pytest.raises(ImageStoreFailed, match="could not be written"):
        await ImageBucket("s3://nowhere").put(DATA, ".webp")


def test_a_url_that_is_none_is_one_sentence() -> None:
    with pytest.raises(ImageStoreFailed, match="is no bucket"):
        ImageBucket("ftp://pictures")
