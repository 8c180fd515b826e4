"""Takes pictures of messages on the demo's page and keeps them as small files."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import discord
import simcord
from PIL import Image
from playwright.async_api import Page, ViewportSize, async_playwright

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
VIEW: ViewportSize = {"width": 900, "height": 1400}
WAIT_MS = 60_000
QUALITY = 82
# Whether every picture of a message is there, whole.
LOADED = """(id) => {
    const article = document.querySelector(`article[data-message-id="${id}"]`);
    if (!article) return false;
    return [...article.querySelectorAll("img")].every((one) => one.complete && one.naturalWidth);
}"""


class Album:
    """A page with the channel of a world, and the folder that pictures of it go to."""

    def __init__(self, page: Page, preview: simcord.Preview, folder: Path) -> None:
        self.page = page
        self._preview = preview
        self._folder = folder
        self.taken: list[str] = []

    async def take(self, name: str, message: discord.Message) -> None:
        """Keep a picture of one message, as it stands now."""
        await self._preview.refresh()
        await self.page.wait_for_function(LOADED, arg=str(message.id), timeout=WAIT_MS)
        article = self.page.locator(f'article[data-message-id="{message.id}"]')
        await article.scroll_into_view_if_needed()
        self._keep(name, await article.screenshot())

    async def take_form(self, name: str, message: discord.Message, label: str) -> None:
        """Press a button on the page and keep a picture of the form that it opens."""
        await self._preview.refresh()
        article = self.page.locator(f'article[data-message-id="{message.id}"]')
        await article.get_by_role("button", name=label, exact=True).click()
        form = self.page.get_by_role("dialog")
        await form.wait_for(timeout=WAIT_MS)
        self._keep(name, await form.screenshot())
        await self.page.keyboard.press("Escape")

    def _keep(self, name: str, png: bytes) -> None:
        with Image.open(io.BytesIO(png)) as image:
            image.convert("RGB").save(self._folder / f"{name}.webp", quality=QUALITY, method=6)
        self.taken.append(name)


@asynccontextmanager
async def album_of(
    env: simcord.Env,
    channel: simcord.ChannelHandle,
    viewer: simcord.MemberActor,
    folder: Path,
    executable: str,
) -> AsyncIterator[Album]:
    """Serve the channel as ``viewer`` sees it, and open it in Chromium."""
    async with (
        env.preview(channel, viewers=[viewer], layout="channel") as preview,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            page = await browser.new_page(viewport=VIEW)
            await page.goto(preview.url)
            yield Album(page, preview, folder)
        finally:
            await browser.close()
