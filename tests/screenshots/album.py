"""Takes pictures of messages on the demo's page and keeps them as small files."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import discord
import simcord
from PIL import Image
from playwright.async_api import Page, ViewportSize, async_playwright
from playwright.async_api import TimeoutError as PlaywrightTimeout

from bot.demo.world import World

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
VIEW: ViewportSize = {"width": 900, "height": 1400}
WAIT_MS = 60_000
FORM_WAIT_MS = 4_000
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


SETTLED = """() => document.body.innerText.includes("Viewport updated")
    && !document.querySelector("#send-message").disabled"""


class Channel:
    """The page's channel, in the hands of whoever looks at it."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def press(self, message_id: int, label: str) -> None:
        """Press a button under a message."""
        article = self._page.locator(f'article[data-message-id="{message_id}"]')
        await article.get_by_role("button", name=label, exact=True).click()

    async def send(self, command: str) -> None:
        """Send off a command without any option."""
        composer = self._page.locator("#channel-composer-input")
        # Where the page has dropped a press, the command still stands there.
        if await composer.is_visible():
            await composer.click()
            await composer.press_sequentially(command)
            await self._page.locator(".command-entry").filter(has_text=command).first.click()
        await self._page.locator("#send-message").click()


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
            # Away from the message, which else shows what one may do to it.
            await self.page.mouse.move(1, 1)
            png = await article.screenshot()
            # Whole before and after, so whole in between.
            if await self.page.evaluate(LOADED, wanted):
                break
        self._keep(name, png)

    async def take_form(self, name: str, opens: Callable[[Channel], Awaitable[None]]) -> None:
        """Keep a picture of the form that ``opens`` leads to, and close it again."""
        form = self.page.locator(".modal-dialog")
        for _ in range(TRIES):
            await self._preview.refresh()
            await opens(Channel(self.page))
            # The page drops a press while it still takes in something else.
            with suppress(PlaywrightTimeout):
                await form.wait_for(timeout=FORM_WAIT_MS)
                break
        self._keep(name, await form.screenshot())
        await form.get_by_role("button", name="Cancel").click()
        await form.wait_for(state="hidden")

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
            # It first tells the bot's side how large it is. Were that still on its way when
            # something happens there, it would take its own call for lost and let nobody press.
            await page.wait_for_function(SETTLED, timeout=WAIT_MS)
            yield Album(page, preview, folder)
        finally:
            await browser.close()
