"""The demo's page in a real browser: upload a photo, run /restyle, see the result, press Vary."""

import asyncio
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.bot.cli.command import RESTYLE, environment
from tests.engine.pictures import encoded, picture

CHROMIUM = shutil.which("chromium")
# Longest time for one picture on a busy machine.
WAIT_MS = 60_000
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

pytestmark = [
    pytest.mark.engine,
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        CHROMIUM is None and os.environ.get("CI") != "true", reason="there is no Chromium here"
    ),
]


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[str]:
    """The demo as a process of its own; yields the page's URL, then ends it as Ctrl-C does."""
    process = await asyncio.create_subprocess_exec(
        RESTYLE, "demo", "--out", "out", cwd=folder, env=environment(folder),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said = ""
        while not (url := re.search(r"http://127\.0\.0\.1:\S+", said)):
            line = await process.stdout.readline()
            assert line, f"the demo ended before it served a page: {said}"
            said += line.decode()
        yield url[0]
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
        # Reads what is left, so that the pipe is closed as well.
        await process.communicate()


@asynccontextmanager
async def page_at(url: str) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        await page.goto(url)
        yield page
        await browser.close()


async def test_a_stranger_restyles_a_photo_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "mine.jpg").write_bytes(encoded(picture(192, 128), "JPEG"))
    async with demo(tmp_path) as url, page_at(url) as page:
        pictures = page.locator(".message-attachments img.attachment-image")
        # The script's four results stand there already.
        await expect(pictures).to_have_count(4, timeout=WAIT_MS)
        composer = page.locator("#channel-composer-input")
        await composer.press_sequentially("/restyle")
        await expect(page.get_by_role("option", name="/restyle")).to_be_visible()
        await composer.press("Enter")
        await page.get_by_label("image attachment").set_input_files(tmp_path / "mine.jpg")
        await page.get_by_label("prompt, required").fill("stained glass")
        await page.get_by_role("button", name="Send").click()
        mine = page.locator("article", has_text="stained glass for @Alice").last
        await expect(mine.locator("img.attachment-image")).to_be_visible(timeout=WAIT_MS)
        await expect(mine).to_contain_text("strength 0.60", timeout=WAIT_MS)
        await mine.get_by_role("button", name="Vary subtle").click()
        varied = page.locator("article", has_text="A subtle variation of stained glass").last
        await expect(varied.get_by_role("button", name="Remix")).to_be_visible(timeout=WAIT_MS)
        await expect(varied.locator("img.attachment-image")).to_be_visible()
        await expect(pictures).to_have_count(6)
