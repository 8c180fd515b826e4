"""Takes pictures of messages on the demo's page and keeps them as small files."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import discord
import simcord
from PIL import Image
from playwright.async_api import Page, ViewportSize, async_playwright

from bot.demo.world import World

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
VIEW: ViewportSize = {"width": 900, "height": 1400}
WAIT_MS = 60_000
QUALITY = 82
IMAGES = (".webp", ".png", ".jpg")
TRIES = 20
# Whether a message says what it should, has at least so many pictures, and all of them are there,
# whole. The page may render it anew at any moment.
LOADED = """([id, count, words]) => {
    const article = document.querySelector(`article[data-message-id="${id}"]`);
    if (!article || !article.innerText.includes(words)) return false;
    const shown = [...article.querySelectorAll("img")];
    return shown.length >= count && shown.every((one) => one.complete && one.naturalWidth > 0);
}"""


class Album:
    """A page with the channel of a world, and the folder that pictures of it go to."""

    def __init__(self, page: Page, preview: simcord.Preview, folder: Path) -> None:
        self.page = page
        self._preview = preview
        self._folder = folder
        self.taken: list[str] = []

    async def take(self, name: str, message: discord.Message, words: str = "") -> None:
        """Keep a picture of one message, as soon as the page shows it with these words."""
        await self._preview.refresh()
        wanted = [
            str(message.id),
            sum(one.filename.endswith(IMAGES) for one in message.attachments),
            words,
        ]
        article = self.page.locator(f'article[data-message-id="{message.id}"]')
        for _ in range(TRIES):
            await self.page.wait_for_function(LOADED, arg=wanted, timeout=WAIT_MS)
            await article.scroll_into_view_if_needed()
            png = await article.screenshot()
            # Whole before and after, so whole in between.
            if await self.page.evaluate(LOADED, wanted):
                break
        self._keep(name, png)

    def _keep(self, name: str, png: bytes) -> None:
        with Image.open(io.BytesIO(png)) as image:
            image.convert("RGB").save(self._folder / f"{name}.webp", quality=QUALITY, method=6)
        self.taken.append(name)


@asynccontextmanager
async def album_of(world: World, folder: Path, executable: str) -> AsyncIterator[Album]:
    """Serve the channel as Alice sees it, and open it in Chromium."""
    async with (
        world.env.preview(world.channel, viewers=[world.alice], layout="channel") as preview,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            page = await browser.new_page(viewport=VIEW)
            await preview.show(world.welcome)
            await page.goto(preview.url)
            yield Album(page, preview, folder)
        finally:
            await browser.close()
