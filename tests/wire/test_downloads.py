"""Attachments that the CDN hands out badly: one sentence, nothing charged, nowhere else fetched."""

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from tests.bot.intake.corpus import corpus, odd_files
from tests.wire import Upload
from tests.wire.books import Books
from tests.wire.scene import PHOTO, Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

MOST = 200_000
NOT_HANDED = "Discord did not hand me that picture"
TOO_LARGE = "too large"
# What is said where nobody foresaw the trouble.
SURPRISE = re.compile("went wrong|try again later|in a minute", re.IGNORECASE)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    options: dict[str, Any] = {"download_timeout_s": 1, "intake_max_bytes": MOST}
    async with Scene.open(tmp_path_factory.mktemp("cdn"), **options) as opened:
        yield opened


@pytest.mark.parametrize(
    ("upload", "sentence"),
    [
        (Upload(PHOTO, how="slow"), NOT_HANDED),
        (Upload(PHOTO, how="cut"), NOT_HANDED),
        (Upload(PHOTO, how="gone"), NOT_HANDED),
        (Upload(PHOTO, how="error"), NOT_HANDED),
        (Upload(PHOTO, how="elsewhere", target="http://127.0.0.2/secret"), NOT_HANDED),
        (Upload(PHOTO + bytes(MOST), announced_bytes=100), TOO_LARGE),
        (Upload(PHOTO, announced_bytes=MOST + 1), TOO_LARGE),
    ],
    ids=["slow", "cut", "gone", "error", "redirected", "larger than announced", "announced"],
)
async def test_it_is_told_in_one_sentence(scene: Scene, upload: Upload, sentence: str) -> None:
    asked = await scene.restyle(image=upload)
    await scene.discord.until(lambda: asked.follow_ups)
    [told] = asked.follow_ups
    assert told.ephemeral
    assert sentence in told.content
    assert Books(scene.bot.data).entries() == []


def one_of_each_kind() -> dict[str, bytes]:
    """The first bad file of each kind, in each format that the kind is made of."""
    kinds: dict[tuple[str, str], tuple[str, bytes]] = {}
    for name, data in corpus():
        kinds.setdefault((re.split(r"[-.]", name)[0], name.rpartition(".")[2]), (name, data))
    return dict(kinds.values())


async def test_hostile_files_are_refused_in_one_sentence_each(scene: Scene) -> None:
    files = one_of_each_kind()
    assert len(files) >= 30
    asked = {
        name: await scene.restyle(image=Upload(data, filename=name)) for name, data in files.items()
    }
    await scene.discord.until(lambda: all(one.follow_ups for one in asked.values()), 90)
    for name, one in asked.items():
        [told] = one.follow_ups
        assert told.ephemeral, name
        assert told.content.endswith("."), name
        assert not SURPRISE.search(told.content), name
    assert Books(scene.bot.data).entries() == []
    assert '"level": "error"' not in scene.bot.log


@pytest.mark.parametrize(
    "base",
    [
        "http://localhost:1",
        "http://{host}.evil.localhost:1",
        "http://{host}@localhost:1",
        "http://localhost:1/{host}",
        "http://localhost:1#@{host}",
    ],
)
async def test_only_discords_hosts_are_asked(scene: Scene, base: str) -> None:
    cdn = scene.discord.cdn
    before = cdn.base
    cdn.base = base.format(host=urlsplit(before).hostname)
    try:
        asked = await scene.restyle()
    finally:
        cdn.base = before
    await scene.discord.says(asked, "only take pictures that were uploaded to Discord")
    assert Books(scene.bot.data).entries() == []


@pytest.mark.parametrize("name", ["exif-hostile.jpg", "comment-hostile.jpg", "polyglot.jpg"])
async def test_nothing_of_a_hostile_file_but_its_pixels_gets_through(
    scene: Scene, name: str
) -> None:
    data = dict(odd_files())[name]
    message = await scene.discord.result(await scene.restyle(image=Upload(data, filename=name)))
    assert "@everyone" not in message.text()
    [shown] = message.attachments
    kept = scene.discord.cdn.files[int(shown["id"])].data
    for trace in (b"@everyone", b"PK\x03\x04", b"Exif"):
        assert trace not in kept
