"""The demo's page in a real browser: one whole conversation, from upload to Delete."""

import asyncio
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

import bot.demo
from tests.bot.cli.running import clean_environment, command

PHOTO = Path(bot.demo.__file__).parent / "photos" / "cat.jpg"
RESULT_TIMEOUT_MS = 120_000
# The pixels of a message's picture, or null while the page has not got it whole: the page may
# render a message anew at any moment, with an element that has to load its picture again.
PIXELS = """(id) => {
    const within = (picture) => `[data-message-id="${id}"] ${picture}`;
    const kinds = ["img.attachment-image", "img.gallery-image"].map(within);
    const picture = document.querySelector(kinds.join());
    if (!picture || !picture.complete || !picture.naturalWidth) return null;
    const canvas = document.createElement("canvas");
    canvas.width = picture.naturalWidth;
    canvas.height = picture.naturalHeight;
    canvas.getContext("2d").drawImage(picture, 0, 0);
    return canvas.toDataURL();
}"""
URL = re.compile(r"http://127\.0\.0\.1:\d+\S*")

pytestmark = [pytest.mark.browser, pytest.mark.engine]


@pytest.fixture
def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        reason = "there is no Chromium on this machine"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}, and CI must have one")
        pytest.skip(reason)
    return found


@asynccontextmanager
async def demo_process(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A running `restyle demo` and the address of its page; killed if it has not ended by then."""
    process = await asyncio.create_subprocess_exec(
        command(),
        "demo",
        "--no-script",
        "--out",
        "shown",
        cwd=folder,
        env=clean_environment(folder, PYTHONUNBUFFERED="1"),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process, await _announced(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _announced(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    said = ""
    async for line in process.stdout:
        said += line.decode()
        if found := URL.search(said):
            return found.group()
    raise AssertionError(f"the demo ended without a page: {said}")


@asynccontextmanager
async def browser_page(executable: str, url: str) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        try:
            page = await browser.new_page(viewport={"width": 1100, "height": 1000})
            await page.goto(url)
            problems: list[str] = []
            page.on("pageerror", lambda error: problems.append(str(error)))
            yield page
            assert problems == []
        finally:
            await browser.close()


async def restyle_through_the_picker(page: Page, prompt: str) -> None:
    """Type the command as a member does: pick it, choose a file, fill in the prompt, send."""
    composer = page.locator("#channel-composer-input")
    await composer.click()
    await composer.press_sequentially("/restyle")
    await page.locator(".command-entry").filter(has_text="/restyle").first.click()
    await _add_option(page, "image")
    await page.locator('.command-file-input[data-option="image"]').set_input_files(PHOTO)
    await _add_option(page, "prompt")
    field = page.locator('.command-option-input[data-option="prompt"]')
    await field.fill(prompt)
    await page.locator("#send-message").click()


async def _add_option(page: Page, name: str) -> None:
    """Every option of `/restyle` may be left out, so each is asked for first."""
    await page.locator(".command-ghost").click()
    label = page.locator(".command-suggestion-label").get_by_text(name, exact=True)
    await label.click()


def messages(page: Page, *texts: str) -> Locator:
    """The messages of the conversation that hold all of ``texts``."""
    found = page.locator("#channel-message-list article")
    for text in texts:
        found = found.filter(has_text=text)
    return found


async def shown_picture(message: Locator) -> str:
    """The pixels of a message's picture as a data URL, once the browser has it whole."""
    await expect(message).to_be_visible(timeout=RESULT_TIMEOUT_MS)
    identity = await message.get_attribute("data-message-id")
    found = await message.page.wait_for_function(PIXELS, arg=identity, timeout=RESULT_TIMEOUT_MS)
    pixels = await found.json_value()
    assert isinstance(pixels, str)
    return pixels


class Visitor:
    """Alice at the page: presses, fills in, and looks, all by the browser."""

    def __init__(self, page: Page, album: Path) -> None:
        self._page = page
        self._album = album
        self._looks = 0

    async def press(self, message: Locator, label: str) -> None:
        """Press a button under a message."""
        await message.get_by_role("button", name=label, exact=True).click()

    async def made(self, *texts: str) -> tuple[Locator, str]:
        """The message that holds all of ``texts`` and a picture, and the picture's pixels."""
        message = messages(self._page, *texts).last
        pixels = await shown_picture(message)
        await self.look()
        return message, pixels

    async def fill_in(self, **fields: str) -> None:
        """Fill in the form that is open, and send it off."""
        form = self._page.locator(".modal-dialog")
        await expect(form).to_be_visible()
        for name, value in fields.items():
            await form.locator(f'.modal-input[name="{name}"]').fill(value)
        await self.look()
        await form.get_by_role("button", name="Submit").click()
        await expect(form).to_be_hidden()

    async def choose(self, message: Locator, option: str) -> None:
        """Choose in a message's menu."""
        await message.get_by_role("combobox").click()
        await self._page.get_by_role("option").filter(has_text=option).click()

    async def look(self) -> None:
        """Keep a picture of the page, for whoever wants to see what the test saw."""
        self._looks += 1
        await self._page.screenshot(path=self._album / f"page-{self._looks:02}.png")


@pytest.mark.timeout(300)
async def test_one_whole_conversation(tmp_path: Path, chromium: str) -> None:
    async with demo_process(tmp_path) as (process, url):
        async with browser_page(chromium, url) as page:
            visitor = Visitor(page, tmp_path)
            await expect(page.locator("#channel-name")).to_have_text("restyle")
            await restyle_through_the_picker(page, "an oil painting")
            # Facts that only a finished result tells; progress messages may hold previews.
            first, picture = await visitor.made("an oil painting for @Alice", "strength 0.60")
            await visitor.press(first, "Vary subtle")
            varied, another = await visitor.made("A subtle variation of an oil", "strength 0.30")
            assert another != picture
            # Back to before, side by side.
            await visitor.press(varied, "Compare")
            pair, side_by_side = await visitor.made("Before and after")
            assert side_by_side not in (picture, another)
            # The form is filled with what the picture was made with.
            await visitor.press(varied, "Remix")
            prompt = page.locator('.modal-input[name="prompt"]')
            await expect(prompt).to_have_value("an oil painting")
            await visitor.fill_in(prompt="a pencil sketch", strength="bold")
            remixed, sketch = await visitor.made("a pencil sketch", "strength 0.75")
            assert sketch not in (picture, another)
            # Five pictures cost more than one, so that is asked.
            await visitor.press(first, "Strength strip")
            asked = messages(page, "5 pictures")
            await visitor.press(asked, "Make it for 5")
            sheet, _ = await visitor.made("an oil painting at five strengths", "seed")
            await visitor.choose(sheet, "0.50")
            picked, _ = await visitor.made("strength 0.50")
            await expect(picked.get_by_role("button", name="Vary strong")).to_be_visible()
            # The way back, behind the dots.
            await visitor.press(remixed, "⋯")
            more = messages(page).filter(has=page.get_by_role("button", name="Back", exact=True))
            await visitor.press(more, "Back")
            _, parent = await visitor.made("One step back")
            assert parent == another
            # What is deleted is gone, and all else still stands.
            await visitor.press(remixed, "Delete")
            await expect(remixed).to_have_count(0)
            await visitor.look()
            assert await shown_picture(first) == picture
            assert await shown_picture(pair) == side_by_side
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
