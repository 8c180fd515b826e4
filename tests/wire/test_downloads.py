"""Attachments that the CDN hands out badly: one sentence, nothing charged, nowhere else fetched."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.wire import Upload
from tests.wire.books import Books
from tests.wire.scene import PHOTO, Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

MOST = 200_000
NOT_HANDED = "Discord did not hand me that picture"
TOO_LARGE = "too large"


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


async def test_only_discords_hosts_are_asked(scene: Scene) -> None:
    cdn = scene.discord.cdn
    before, cdn.base = cdn.base, "http://localhost:1"
    try:
        asked = await scene.restyle()
    finally:
        cdn.base = before
    await scene.discord.says(asked, "only take pictures that were uploaded to Discord")
    assert Books(scene.bot.data).entries() == []
