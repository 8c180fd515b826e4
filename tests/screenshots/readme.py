"""Renews the README's pictures of the demo: its page in Chromium, and its contact sheet."""

import asyncio
import re
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import ViewportSize, async_playwright

from tests.screenshots.album import FLAGS, WAIT_MS

URL = re.compile(r"http://127\.0\.0\.1:\d+\S*")
VIEW: ViewportSize = {"width": 900, "height": 940}
QUALITY = 82
# The first result stands at the top, whole, and so do the pictures below it.
AT_THE_TOP = """() => {
    const first = document.querySelector("img.attachment-image")?.closest("article");
    const shown = [...document.querySelectorAll("img.attachment-image")];
    if (!first || !shown.every((one) => one.complete && one.naturalWidth > 0)) return false;
    first.scrollIntoView({block: "start"});
    return true;
}"""


async def take(folder: Path, executable: str) -> None:
    """Play the demo as `make demo` does, and keep both pictures in ``folder``."""
    with tempfile.TemporaryDirectory(prefix="restyle-readme-") as out:
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("restyle"),
            "demo",
            "--out",
            out,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            await _photograph(await _address(process), executable, Path(out) / "page.png")
        finally:
            process.terminate()
            await process.communicate()
        for name in ("page", "contact-sheet"):
            with Image.open(Path(out) / f"{name}.png") as image:
                kept = folder / f"{'demo-page' if name == 'page' else name}.webp"
                image.convert("RGB").save(kept, quality=QUALITY, method=6)
                print(kept)


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async for line in process.stdout:
        if found := URL.search(line.decode()):
            return found.group()
    raise SystemExit("The demo ended without a page.")


async def _photograph(url: str, executable: str, target: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            page = await browser.new_page(viewport=VIEW)
            await page.goto(url)
            await page.wait_for_function(AT_THE_TOP, timeout=WAIT_MS)
            await page.screenshot(path=target)
        finally:
            await browser.close()


def main() -> None:
    """Put both into the folder that is named."""
    executable = shutil.which("chromium")
    if executable is None:
        sys.exit("There is no Chromium here: apt-get install chromium, or the like.")
    asyncio.run(take(Path(sys.argv[1]), executable))


if __name__ == "__main__":
    main()
